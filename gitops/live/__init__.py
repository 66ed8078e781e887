"""What is there and whose it is."""
