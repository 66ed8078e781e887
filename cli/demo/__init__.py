"""`argosy demo`: the whole story on this machine, told with a user's means: `argosy up`, Git, a webhook, the hub."""
