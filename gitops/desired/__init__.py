"""What should be there."""
