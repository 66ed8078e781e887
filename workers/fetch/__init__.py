"""The fetch worker: Git and rendering, and no cluster credential (import contract 5)."""
