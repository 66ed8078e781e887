"""Redis: lanes, caches, hints. Nothing here is the truth."""
