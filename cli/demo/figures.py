"""What was measured in one demo."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Figures:
    """Seconds; pushes count from the webhook's first byte, the healing from the answer to the edit."""

    up: float = 0.0
    first_sync: float = 0.0
    push_live: list[float] = field(default_factory=list)
    push_synced: list[float] = field(default_factory=list)
    drift_healed: float = 0.0
    total: float = 0.0

    def line(self) -> str:
        """All of them in one line, for people and scripts."""
        return (
            f"demo: up={self.up:.1f}s first_sync={self.first_sync:.1f}s"
            f" push_live={_shown(self.push_live)} push_synced={_shown(self.push_synced)}"
            f" drift_healed={_shown([self.drift_healed])} total={self.total:.1f}s"
        )


def _shown(seconds: list[float]) -> str:
    return "/".join(f"{one * 1000:.0f}" for one in seconds) + "ms"
