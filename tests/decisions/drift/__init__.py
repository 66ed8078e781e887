"""Tables of gitops/drift."""
