"""The worker that compares, scans and sweeps: cluster credentials, no tools, no Git."""
