"""Live against wanted, as unified text per object with headings (ui-api-cli.md 4.3)."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator

from cli.wire import Json, Object, text


def differences(items: list[Object]) -> Iterator[str]:
    """A heading and a unified diff per object that would change; objects that would not are left out."""
    import yaml

    for item in items:
        live, wanted = (_state(item, name) for name in ("normalizedLiveState", "predictedLiveState"))
        if item.get("hook") is True or live == wanted:
            continue
        before, after = (yaml.safe_dump(one, sort_keys=True).splitlines() if one else [] for one in (live, wanted))
        lines = difflib.unified_diff(before, after, "live", "target", lineterm="")
        yield "\n".join([heading(item), *lines])


def heading(item: Object) -> str:
    """`===== group/Kind namespace/name ======`."""
    return f"===== {text(item, 'group')}/{text(item, 'kind')} {text(item, 'namespace')}/{text(item, 'name')} ======"


def _state(item: Object, name: str) -> Json:
    value: Json = json.loads(text(item, name) or "null")
    return value
