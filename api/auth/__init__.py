"""Who calls, and what they may: sessions, tokens, limits, permissions."""
