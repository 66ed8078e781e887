"""Steps: gather through ports, one decision, act."""
