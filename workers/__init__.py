"""Celery, and nothing else: one application, the roles of the fleet, their wiring."""
