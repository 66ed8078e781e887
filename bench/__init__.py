"""Figures, not tests: scenarios of performance.md 7.4 run against real API servers, `make bench`."""
