"""Tables of gitops/live."""
