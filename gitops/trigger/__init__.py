"""Why look at an application now."""
