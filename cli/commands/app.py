"""`argosy app`: look at Applications, sync them, wait for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from cli import approws, appspec
from cli.client import Client, app_path, connected, namespace_of
from cli.difference import differences
from cli.errors import CommandError, Exit
from cli.progress import follow_operation, wait_for
from cli.table import aligned, dump, note, show
from cli.waiting import Wanted, phase
from cli.wire import Object, parts, text

Command = TypeVar("Command", bound=Callable[..., object])

OUTPUT = click.option("-o", "--output", default="wide", help="wide, table, name, json or yaml.")
TIMEOUT = click.option("--timeout", type=click.IntRange(0), default=0, help="Seconds to wait; 0: for ever.")
NAMES = click.argument("names", nargs=-1)
SELECTOR = click.option("-l", "--selector", default="", help="Apps with these labels.")


def switch(name: str, words: str) -> Callable[[Command], Command]:
    """A flag that is on unless `NAME=false`, as argocd's are."""
    return click.option(name, type=bool, is_flag=False, flag_value=True, default=True, show_default=True, help=words)


@click.group(name="app")
def command() -> None:
    """Look at Applications, sync them, wait for them."""


@command.command("list")
@OUTPUT
@SELECTOR
@click.option("-p", "--project", "projects", multiple=True, help="Apps of these projects.")
@click.option("-r", "--repo", default="", help="Apps of this repository.")
@click.option("-N", "--app-namespace", "namespace", default="", help="Apps of this namespace.")
@click.option("--no-headers", is_flag=True, help="Rows only.")
@connected
def list_apps(
    client: Client, output: str, projects: tuple[str, ...], namespace: str, *, no_headers: bool, **query: str
) -> None:
    """List Applications."""
    query["appNamespace"] = namespace
    apps = parts(client.get("v1/applications", projects=list(projects), **query), "items")
    if output in ("json", "yaml"):
        dump([*apps], output)
    elif output == "name":
        show("\n".join(map(approws.full_name, apps)))
    else:
        heads, row = (approws.WIDE, approws.wide_row) if output == "wide" else (approws.COLUMNS, approws.row)
        show(aligned(heads, map(row, apps), show_heads=not no_headers))


@command.command("get")
@click.argument("name")
@OUTPUT
@click.option("--refresh", is_flag=True, help="Compare again first.")
@click.option("--hard-refresh", is_flag=True, help="Render again, then compare, first.")
@click.option("--show-operation", is_flag=True, help="Show the running or last operation too.")
@connected
def get_app(client: Client, name: str, output: str, *, refresh: bool, hard_refresh: bool, show_operation: bool) -> None:
    """Show one Application and its objects."""
    app = _app(client, name, "hard" if hard_refresh else "normal" if refresh else "")
    if output in ("json", "yaml"):
        dump(app, output)
        return
    show(approws.paragraph(app))
    if show_operation:
        show("\n" + approws.operation(app))
    show("\n" + aligned(approws.RESOURCES, approws.resource_rows(app)))


@command.command()
@click.argument("name")
@click.option("--hard", is_flag=True, help="Render again, whatever is known.")
@connected
def refresh(client: Client, name: str, *, hard: bool) -> None:
    """Compare an Application again and say what came out."""
    app = _app(client, name, "hard" if hard else "normal")
    show(f"{name}: sync {text(app, 'status.sync.status')}, health {text(app, 'status.health.status')}")


@command.command()
@click.argument("name")
@click.option("--refresh", is_flag=True, help="Compare again first.")
@click.option("--hard-refresh", is_flag=True, help="Render again, then compare, first.")
@switch("--exit-code", "1 (or --diff-exit-code) when there are differences.")
@click.option("--diff-exit-code", type=int, default=1, help="Exit code for differences.")
@connected
def diff(client: Client, name: str, diff_exit_code: int, *, refresh: bool, hard_refresh: bool, exit_code: bool) -> int:
    """Show what a sync would change; 0: nothing."""
    if refresh or hard_refresh:
        _app(client, name, "hard" if hard_refresh else "normal")
    items = parts(client.get(app_path(name, "/managed-resources"), appNamespace=namespace_of(name)), "items")
    found = list(differences(items))
    show("\n\n".join(found))
    return diff_exit_code if found and exit_code else Exit.DONE


@command.command()
@NAMES
@SELECTOR
@click.option("--revision", default="", help="Sync to this revision instead of the spec's.")
@click.option("--prune", is_flag=True, help="Delete what is no longer wanted.")
@click.option("--dry-run", is_flag=True, help="Say what would happen.")
@click.option("--force", is_flag=True, help="Delete and create again what cannot be changed.")
@click.option("--resource", "resources", multiple=True, help="Only this object, GROUP:KIND:[NAMESPACE/]NAME.")
@click.option("--strategy", type=click.Choice(["apply", "hook"]), help="apply: without hooks.")
@click.option("--sync-option", "options", multiple=True, help="Instead of the app's own options.")
@click.option("--retry-limit", type=int, default=0, help="Try again this often.")
@click.option("--info", "infos", multiple=True, help="NAME=VALUE, kept with the operation.")
@click.option("--async", "asynchronous", is_flag=True, help="Do not wait for the end.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@TIMEOUT
@connected
def sync(client: Client, names: tuple[str, ...], selector: str, timeout: int, **asked: object) -> int:
    """Make the clusters what Git says; 1 when an operation failed."""
    quiet, waits = asked.pop("quiet") is True, asked.pop("asynchronous") is not True
    request = appspec.sync_request(asked)
    begun = [(name, _begun(client, name, request)) for name in _named(client, names, selector)]
    if not waits:
        return Exit.DONE
    phases = []
    for name, answer in begun:
        app = follow_operation(client, name, answer, timeout, quiet=quiet)
        show(approws.operation(app))
        phases.append(phase(app))
    return Exit.DONE if all(one == "Succeeded" for one in phases) else Exit.NO


@command.command()
@NAMES
@SELECTOR
@click.option("--sync", "synced", is_flag=True, help="Until Synced.")
@click.option("--health", is_flag=True, help="Until Healthy.")
@click.option("--suspended", is_flag=True, help="Until Suspended.")
@click.option("--degraded", is_flag=True, help="Until Degraded.")
@click.option("--operation", is_flag=True, help="Until no operation runs.")
@click.option("--delete", is_flag=True, help="Until it is gone.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@TIMEOUT
@connected
def wait(client: Client, names: tuple[str, ...], selector: str, timeout: int, **flags: bool) -> None:
    """Wait for Applications; without a condition for operation, sync and health."""
    wanted, quiet = _wanted(flags), flags["quiet"]
    for name in _named(client, names, selector):
        if not wanted.delete:
            _app(client, name)
        wait_for(client, name, wanted, timeout, quiet=quiet)


@command.command()
@click.argument("name")
@click.option("-o", "--output", default="wide", help="wide, id, json or yaml.")
@connected
def history(client: Client, name: str, output: str) -> None:
    """Show what was deployed when."""
    app = _app(client, name)
    if output in ("json", "yaml"):
        dump([*parts(app, "status.history")], output)
    elif output == "id":
        show("\n".join(text(one, "id") for one in parts(app, "status.history")))
    else:
        show(aligned(approws.HISTORY, approws.history_rows(app)))


@command.command()
@click.argument("name", default="")
@click.option("-f", "--file", "place", default="", help="Application in a file; - is stdin.")
@click.option("--repo", default="", help="Repository.")
@click.option("--path", default="", help="Folder in the repository.")
@click.option("--revision", default="", help="Branch, tag or commit.")
@click.option("--dest-server", default="", help="Cluster, by its address.")
@click.option("--dest-name", default="", help="Cluster, by its name.")
@click.option("--dest-namespace", default="", help="Namespace for objects that name none.")
@click.option("--project", default="", help="Project; default: default.")
@click.option("--sync-policy", default="", help="none or automated.")
@click.option("--auto-prune", "prune", is_flag=True, help="With automated: delete what is no longer wanted.")
@click.option("--self-heal", is_flag=True, help="With automated: undo drift.")
@click.option("--sync-option", "options", multiple=True, help="Sync options of the app.")
@click.option("--directory-recurse", "recurse", is_flag=True, help="Read sub-folders too.")
@click.option("--upsert", is_flag=True, help="Change it when it exists.")
@switch("--validate", "Refuse what cannot work.")
@connected
def create(
    client: Client, name: str, place: str, options: tuple[str, ...], *, upsert: bool, validate: bool, **flags: str
) -> None:
    """Create an Application from a file or from flags."""
    app = appspec.from_file(place) if place else appspec.from_flags(name, flags, options)
    body = appspec.renamed(app, name)
    query = {"upsert": str(upsert).lower(), "validate": str(validate).lower()}
    made = client.call("POST", "v1/applications", body, **query)
    note(f"application {text(made, 'metadata.name')} created")


@command.command()
@click.argument("names", nargs=-1, required=True)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@switch("--cascade", "Delete its objects too.")
@click.option("--propagation-policy", "policy", default="", help="foreground or background.")
@click.option("--wait", "waits", is_flag=True, help="Until it is gone.")
@connected
def delete(client: Client, names: tuple[str, ...], policy: str, *, yes: bool, cascade: bool, waits: bool) -> None:
    """Delete Applications, by default with all their objects."""
    for name in names:
        if not yes:
            click.confirm(f"Delete {name}{' and all its objects' if cascade else ''}?", abort=True, err=True)
        query = {"cascade": str(cascade).lower(), "propagationPolicy": policy, "appNamespace": namespace_of(name)}
        client.call("DELETE", app_path(name), None, **query)
        if waits:
            wait_for(client, name, Wanted(delete=True), 0)
        note(f"application {name} {'deleted' if waits else 'is being deleted'}")


@command.command("terminate-op")
@click.argument("name")
@connected
def terminate_op(client: Client, name: str) -> None:
    """Stop the running operation."""
    client.call("DELETE", app_path(name, "/operation"), None, appNamespace=namespace_of(name))
    note(f"{name}: operation terminating")


def _app(client: Client, name: str, refresh: str = "") -> Object:
    return client.get(app_path(name), appNamespace=namespace_of(name), refresh=refresh)


def _named(client: Client, names: tuple[str, ...], selector: str) -> list[str]:
    if names:
        return list(names)
    if not selector:
        raise click.UsageError("name applications, or pick them with -l")
    found = parts(client.get("v1/applications", selector=selector), "items")
    if not found:
        raise CommandError("no application has these labels", code=Exit.NOT_FOUND, about=selector)
    return [text(app, "metadata.name") for app in found]


def _begun(client: Client, name: str, request: Object) -> Object:
    """Ask for a sync; the answer shows the operation."""
    return client.call("POST", app_path(name, "/sync"), {**request, "appNamespace": namespace_of(name)})


def _wanted(flags: dict[str, bool]) -> Wanted:
    """The conditions asked for; argocd's default when none is."""
    words = {"health": "Healthy", "suspended": "Suspended", "degraded": "Degraded"}
    health = {word for flag, word in words.items() if flags[flag]}
    if not (health or flags["synced"] or flags["operation"] or flags["delete"]):
        return Wanted(operation=True, sync=True, health=frozenset({"Healthy"}))
    return Wanted(operation=flags["operation"], sync=flags["synced"], health=frozenset(health), delete=flags["delete"])
