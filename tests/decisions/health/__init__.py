"""Tables of gitops/health."""
