"""Flask, and nothing else: webhook, Argo CD's REST face, streams, metrics."""
