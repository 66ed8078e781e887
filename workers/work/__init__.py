"""Diff and apply in one process, for one machine."""
