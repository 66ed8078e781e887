"""The one process that is no queue worker: hub and cluster watches become jobs."""
