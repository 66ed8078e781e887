"""One folder per outside thing; no decisions, not aware of each other."""
