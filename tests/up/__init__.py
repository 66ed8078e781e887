"""`argosy up` as its users start it."""
