"""Everything Argosy knows: values, decisions, steps, ports and adapters; runs without Celery, Flask or a cluster."""
