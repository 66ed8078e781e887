"""Celery as carrier of turns."""
