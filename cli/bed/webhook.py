"""Pushes as GitHub tells them, with its signature."""

from __future__ import annotations

import hashlib
import hmac
import json


def github_push(
    repository: str, commit: str, secret: str, *, ref: str = "refs/heads/main"
) -> tuple[dict[str, str], bytes]:
    """Headers and body of the event for a push to `repository` (the URL to clone from), signed with `secret`."""
    event = {
        "ref": ref,
        "before": "0" * 40,
        "after": commit,
        "repository": {"html_url": repository.removesuffix(".git"), "default_branch": "main"},
        "commits": [],
    }
    body = json.dumps(event).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "push",
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    return headers, body
