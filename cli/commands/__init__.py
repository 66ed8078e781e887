"""One module per command of `argosy`, each with the attribute `command`; file `app_set.py` is `argosy app-set`."""
