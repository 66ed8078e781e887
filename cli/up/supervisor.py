"""Starts the embedded parts, then the roles; says `ready`; stops all of them in order.

Order of stopping: beat and flower, watch, workers, api, Valkey, hub: who hands out work stops before who does it.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Iterable
from itertools import groupby

from cli.errors import CommandError
from cli.up import roles, valkey
from cli.up.child import Child, ended
from cli.up.health import healthy
from cli.up.output import Screen
from cli.up.program import Program
from cli.up.roles import Role, Setup

START_LIMIT_S = 120.0
VALKEY_LIMIT_S = 30.0
POLL_S = 0.05
HEALERS = ("watch", "work", "diff", "apply")
"""Roles that see drift and repair it: what happened while Argosy was dead waits for them."""
HEAD_START_S = 4.0


class Supervisor:
    """Runs one start of `argosy up` to its end."""

    def __init__(
        self,
        setup: Setup,
        chosen: Iterable[Role],
        screen: Screen,
        make: Callable[[Role, Setup], Program] = roles.program,
    ) -> None:
        self._setup = setup
        self._chosen = list(chosen)
        self._make = make
        self._screen = screen
        self._stop = asyncio.Event()
        self._children: list[Child] = []

    async def run(self) -> None:
        """Until SIGINT or SIGTERM; a second one kills what still runs.

        Raises:
            CommandError: Valkey or the preparation failed; nothing is left running.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._asked_to_stop)
        async with self._valkey():
            await self._prepare()
            await self._roles()

    def _asked_to_stop(self) -> None:
        if self._stop.is_set():
            for child in self._children:
                child.kill()
        self._stop.set()

    def _child(self, program: Program) -> Child:
        child = Child(program, self._setup.folder, self._screen)
        self._children.append(child)
        return child

    @contextlib.asynccontextmanager
    async def _valkey(self) -> AsyncIterator[None]:
        folder, keys = self._setup.folder, self._setup.keys
        child = self._child(valkey.program(folder, keys, flower=self._setup.flower_port > 0))
        keeping = asyncio.create_task(child.keep())
        try:
            await self._wait_for_valkey()
            yield
        finally:
            await child.stop()
            await keeping

    async def _wait_for_valkey(self) -> None:
        path, password = valkey.socket_path(self._setup.folder), str(self._setup.keys["redis_password"])
        limit = asyncio.get_running_loop().time() + VALKEY_LIMIT_S
        while not await valkey.answers(path, password):
            if self._stop.is_set() or asyncio.get_running_loop().time() > limit:
                log = self._setup.folder.logs / "valkey.log"
                raise CommandError(f"does not answer after {VALKEY_LIMIT_S:g} s", about="Valkey", hint=f"See {log}")
            await asyncio.sleep(POLL_S)

    async def _prepare(self) -> None:
        child = self._child(self._make(roles.PREPARE, self._setup))
        running = asyncio.create_task(child.once())
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        await child.stop()
        code = await running
        if code and not self._stop.is_set():
            log = self._setup.folder.logs / "prepare.log"
            raise CommandError(ended(code), about="argosy run prepare", hint=f"See {log}")

    async def _roles(self) -> None:
        children = {role: self._child(self._make(role, self._setup)) for role in self._chosen}
        async with asyncio.TaskGroup() as group:
            group.create_task(self._start(children, group))
            group.create_task(self._say_ready(children))
            await self._stop.wait()
            self._screen.say("stopping; press Ctrl-C again to kill")
            for _, same in groupby(sorted(children, key=_stop_rank), key=_stop_rank):
                await asyncio.gather(*(children[role].stop() for role in same))

    async def _start(self, children: dict[Role, Child], group: asyncio.TaskGroup) -> None:
        """Start what heals drift first: five Pythons at once on two cores would all be late."""
        first = [child for role, child in children.items() if role.name in HEALERS]
        for child in first:
            group.create_task(child.keep())
        clock = asyncio.get_running_loop()
        limit = clock.time() + HEAD_START_S
        while not (self._stop.is_set() or all(child.ready for child in first) or clock.time() > limit):
            await asyncio.sleep(POLL_S)
        for role, child in children.items():
            if role.name not in HEALERS:
                group.create_task(child.keep())

    async def _say_ready(self, children: dict[Role, Child]) -> None:
        clock = asyncio.get_running_loop()
        limit = clock.time() + START_LIMIT_S
        while missing := await self._missing(children):
            if self._stop.is_set():
                return
            if clock.time() > limit:
                self._screen.say(f"still waiting for {', '.join(missing)}: see {self._setup.folder.logs}")
                limit += START_LIMIT_S
            await asyncio.sleep(POLL_S)
        if not self._stop.is_set():
            self._screen.say(f"ready http://127.0.0.1:{self._setup.port}")

    async def _missing(self, children: dict[Role, Child]) -> list[str]:
        missing = [role.name for role, child in children.items() if role.name != "api" and not child.ready]
        return missing if await healthy(self._setup.port) else ["api", *missing]


def _stop_rank(role: Role) -> int:
    return role.stop_rank
