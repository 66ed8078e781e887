"""Git: one mirror per repository, fetched by our own smart-HTTP client or the git program, read through pygit2."""
