"""The difference between desired and live."""
