"""The demo from its first line to its last: a push becomes live, drift is healed, and it is yours until Ctrl-C."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from cli.bed.binaries import resolve
from cli.bed.cluster import Cluster
from cli.bed.files import write_private
from cli.bed.gitserver import GitServer
from cli.bed.ports import free_port, is_free
from cli.bed.repository import Repository
from cli.bed.trees import CONTROLLER_PROGRAMS, SERVER_PROGRAMS
from cli.demo import example
from cli.demo.argosy import Argosy
from cli.demo.closing import tell_where
from cli.demo.figures import Figures
from cli.demo.hub import Watch, opened, synced
from cli.demo.screen import Screen
from cli.errors import CommandError, Exit
from cli.wire import Object, text

PORT = 8080
"""Of the API, if it is free."""

FIRST_LIMIT_S = 90
LIMIT_S = 30
PUSHES = 3
HEAL_PAUSE_S = 2.0


def tell(folder: Path, *, once: bool) -> None:
    """Tell the story; stay until Ctrl-C unless `once`. Everything is kept in `folder`, a second run goes on there.

    Raises:
        CommandError: a step failed (exit code 1); names what was waited for and where the logs are.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    screen = Screen()
    try:
        with ExitStack() as stack:
            _Demo(folder, screen, stack).tell(once=once)
    except CommandError as error:
        raise CommandError(str(error), code=Exit.NO, hint=f"Logs: {folder}/up.log and {folder}/up/logs") from error


@dataclass
class _Demo:
    """One run; what it starts is on `stack`, which ends it."""

    folder: Path
    screen: Screen
    stack: ExitStack
    figures: Figures = field(default_factory=Figures)

    def tell(self, *, once: bool) -> None:
        began = time.monotonic()
        self.screen.head("Argosy demo", f"everything stays below {self.folder}")
        self._programs()
        git, repository = self._repository()
        argosy, hub = self._start()
        secret = _secret(self.folder / "webhook-secret")
        hub.apply("/api/v1/namespaces/argocd/secrets/argocd-secret", example.webhook_secret(secret), manager="demo")
        url = git.url_of(example.NAME)
        self._deploy(hub, url, repository.head())
        greeting = self._pushes(hub, repository, lambda commit: argosy.push_event(url, commit, secret))
        self._drift(hub, greeting)
        self.figures.total = time.monotonic() - began
        if not once:
            self._stay(argosy, hub, repository)
        with self.screen.busy("Stopping"):
            self.stack.close()
        self.screen.line(self.figures.line())

    def _programs(self) -> None:
        with self.screen.step("Getting Kubernetes' programs (the first time takes minutes)", "Kubernetes' programs"):
            resolve(SERVER_PROGRAMS + CONTROLLER_PROGRAMS, self.screen.note)

    def _repository(self) -> tuple[GitServer, Repository]:
        with self.screen.step("Starting a Git server", "A Git server with an example repository"):
            kept = self.folder / "git-port"
            port = int(kept.read_text()) if kept.exists() else 0
            git = GitServer(self.folder / "git", port=port if port and is_free(port) else free_port())
            self.stack.enter_context(git)
            kept.write_text(git.url.rpartition(":")[2])
            known = (git.root / f"{example.NAME}.git" / "HEAD").exists()
            return git, git.create(example.NAME, None if known else dict(example.files("Hello")))

    def _start(self) -> tuple[Argosy, Cluster]:
        began = time.monotonic()
        with self.screen.step("Starting Argosy, Valkey and a Kubernetes hub", "Argosy, Valkey and a Kubernetes hub"):
            argosy = self.stack.enter_context(Argosy(self.folder, PORT if is_free(PORT) else free_port()))
            argosy.wait_ready()
        self.figures.up = time.monotonic() - began
        return argosy, opened(argosy.folder / "hub")

    def _deploy(self, hub: Cluster, repository: str, commit: str) -> None:
        self.screen.head("An Application", "Deployment, Service, ConfigMap from Git; automated, prune, self-heal")
        began = time.monotonic()
        with self.screen.step("Waiting until it is Synced and Healthy", "Synced and Healthy"):
            hub.ensure_namespace(example.NAME)
            hub.apply(example.APPLICATION, example.application(repository), manager="demo")
            with Watch(hub, example.APPLICATIONS, example.NAME, limit_s=FIRST_LIMIT_S) as app:
                app.until(lambda seen: _well(seen, commit), f"Synced to {commit[:7]} and Healthy")
        self.figures.first_sync = time.monotonic() - began

    def _pushes(self, hub: Cluster, repository: Repository, announce: Callable[[str], None]) -> str:
        """Push a few times, as the first finds everything cold; the greeting that is live at the end."""
        self.screen.head("Pushes", "one commit changes the greeting, a signed GitHub webhook tells of it")
        for _ in range(PUSHES):
            greeting = f"Hello after {repository.head()[:7]}"
            live, status, commit = self._push(hub, repository, greeting, announce)
            self.figures.push_live.append(live)
            self.figures.push_synced.append(status)
            self.screen.done(f"webhook → live {_ms(live):>7} → Synced to {commit[:7]}", _ms(status))
        return greeting

    def _push(
        self, hub: Cluster, repository: Repository, greeting: str, announce: Callable[[str], None]
    ) -> tuple[float, float, str]:
        with (
            Watch(hub, example.APPLICATIONS, example.NAME, limit_s=LIMIT_S) as app,
            Watch(hub, example.CONFIG_MAPS, example.NAME, limit_s=LIMIT_S) as config,
        ):
            commit = repository.commit(example.config_map(greeting), "Change the greeting")
            began = time.monotonic()
            announce(commit)
            live = config.until(lambda seen: text(seen, "data.greeting") == greeting, f"live: {greeting}")
            status = app.until(lambda seen: synced(seen, commit), f"Synced to {commit[:7]}")
        return live - began, status - began, commit

    def _drift(self, hub: Cluster, greeting: str) -> None:
        self.screen.head("Drift", "somebody edits the live ConfigMap by hand")
        with self.screen.busy(f"Self-heal rests {HEAL_PAUSE_S:.0f} s after a sync, as in Argo CD"):
            time.sleep(HEAL_PAUSE_S)  # part of the story, not a wait for something: the clock starts with the edit
        edit = {"data": {"greeting": "edited by hand"}}
        with Watch(hub, example.CONFIG_MAPS, example.NAME, limit_s=LIMIT_S) as live:
            live.until(lambda seen: text(seen, "data.greeting") == greeting, f"the greeting of Git: {greeting}")
            answer = hub.request("PATCH", example.CONFIG_MAP, edit, content_type="application/merge-patch+json")
            if not answer.good:
                raise CommandError(f"the edit was refused: {answer.body.get('message')}", about="ConfigMap")
            began = time.monotonic()
            live.until(lambda seen: text(seen, "data.greeting") != greeting, "the edit to be seen")
            healed = live.until(lambda seen: text(seen, "data.greeting") == greeting, "self-heal to undo the edit")
        self.figures.drift_healed = healed - began
        self.screen.done("edit → healed", _ms(self.figures.drift_healed))

    def _stay(self, argosy: Argosy, hub: Cluster, repository: Repository) -> None:
        tell_where(self.screen, self.folder, argosy, hub, repository)
        try:
            argosy.wait()
        except KeyboardInterrupt:
            return  # what we were waiting for
        raise CommandError("argosy up ended by itself")


def _well(app: Object, commit: str) -> bool:
    return synced(app, commit) and text(app, "status.health.status") == "Healthy"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _secret(path: Path) -> str:
    """The secret in a file of the user's own, made at the first call."""
    if not path.exists():
        write_private(path, secrets.token_urlsafe(24))
    return path.read_text(encoding="utf-8")
