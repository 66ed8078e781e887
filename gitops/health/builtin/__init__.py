"""One health rule per kind (argo-cd.md 4.2)."""
