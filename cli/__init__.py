"""The `argosy` command: a client like anyone else, the supervisor, and the test-bed."""
