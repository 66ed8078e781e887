"""One module per command of `argosy`, each with the attribute `command`; its file name, `_` read as `-`, is its name."""
