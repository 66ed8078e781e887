"""`/api/v1` in Argo CD's wire format, one module per subject."""
