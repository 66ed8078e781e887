"""The Kubernetes API: hub and targets."""
