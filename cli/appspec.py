"""An Application from a file or from flags, as `app create` sends it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from cli.errors import CommandError
from cli.wire import Json, Object, text


def from_file(place: str) -> Object:
    """The Application in a YAML or JSON file; `-` is stdin.

    Raises:
        CommandError: it holds something else.
    """
    import yaml

    try:
        found: Json = yaml.safe_load(sys.stdin.read() if place == "-" else Path(place).read_text("utf-8"))
    except yaml.YAMLError as error:
        raise CommandError("is no YAML", about=place) from error
    if not isinstance(found, dict) or found.get("kind") != "Application":
        raise CommandError("holds no Application", about=place, hint="it must be one object of kind Application")
    return found


def from_flags(name: str, flags: Mapping[str, str | bool], options: tuple[str, ...]) -> Object:
    """The Application that flags describe; keys of `flags` are option names with underscores."""
    source: Object = {"repoURL": flags["repo"], "path": flags["path"], "targetRevision": flags["revision"]}
    if flags["recurse"]:
        source["directory"] = {"recurse": True}
    destination: Object = {
        "server": flags["dest_server"],
        "name": flags["dest_name"],
        "namespace": flags["dest_namespace"],
    }
    spec: Object = {"project": flags["project"], "source": _filled(source), "destination": _filled(destination)}
    return {"metadata": {"name": name}, "spec": {**spec, **_policy(flags, options)}}


def renamed(app: Object, name: str) -> Object:
    """The Application with the name given on the command line, which must not contradict the file's."""
    metadata = app.get("metadata")
    own = text(app, "metadata.name")
    if name and own and name != own:
        raise CommandError(f"the file says {own}", about=name, hint="give one of the two names")
    return {**app, "metadata": {**(metadata if isinstance(metadata, dict) else {}), "name": name or own}}


def sync_request(asked: Mapping[str, object]) -> Object:
    """The body of a sync request from the options of `app sync`.

    Raises:
        CommandError: a --resource or --info that cannot be read.
    """
    strategy: Object = {}
    if asked["strategy"] or asked["force"]:
        strategy = {str(asked["strategy"] or "hook"): {"force": asked["force"] is True}}
    limit = asked["retry_limit"]
    request: Object = {
        "revision": str(asked["revision"] or ""),
        "prune": asked["prune"] is True,
        "dryRun": asked["dry_run"] is True,
        "strategy": strategy,
        "resources": [_resource(word) for word in _words(asked["resources"])],
        "infos": [_info(word) for word in _words(asked["infos"])],
        "syncOptions": {"items": [*_words(asked["options"])]} if asked["options"] else None,
        "retryStrategy": {"limit": limit} if isinstance(limit, int) and limit else None,
    }
    return _filled(request)


def _words(value: object) -> list[str]:
    return [str(word) for word in value] if isinstance(value, tuple) else []


def _resource(word: str) -> Object:
    kinds, _, place = word.rpartition(":")
    group, colon, kind = kinds.partition(":")
    namespace, _, name = place.rpartition("/")
    if not colon or not kind or not name:
        raise CommandError("is no resource", about=word, hint="write GROUP:KIND:[NAMESPACE/]NAME, GROUP may be empty")
    return _filled({"group": group, "kind": kind, "namespace": namespace, "name": name})


def _info(word: str) -> Object:
    name, equals, value = word.partition("=")
    if not equals:
        raise CommandError("is no info", about=word, hint="write NAME=VALUE")
    return {"name": name, "value": value}


def _policy(flags: Mapping[str, str | bool], options: tuple[str, ...]) -> Object:
    policy: Object = {}
    if flags["sync_policy"] in ("auto", "automated", "automatic"):
        policy["automated"] = {
            key: True for key, flag in (("prune", "prune"), ("selfHeal", "self_heal")) if flags[flag]
        }
    if options:
        policy["syncOptions"] = list(options)
    return {"syncPolicy": policy} if policy else {}


def _filled(value: Object) -> Object:
    return {key: part for key, part in value.items() if part}
