"""Values: what the field talks about. No behaviour beyond their own consistency."""
