"""The worker that writes to targets: cluster credentials, no tools, no Git."""
