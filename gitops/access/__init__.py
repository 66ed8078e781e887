"""What a project and a person may do, and with which credential."""
