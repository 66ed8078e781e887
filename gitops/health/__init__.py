"""How an object and an application are doing."""
