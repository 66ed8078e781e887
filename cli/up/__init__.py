"""`argosy up`: every role on one machine under one supervisor; knows roles by name only and loads no server code."""
