"""Beat: ticks only, no work of its own."""
