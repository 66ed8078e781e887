"""The connection to Redis, and the one place where its answers and errors get types."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from gitops.errors import RefusedError, RetryableError

Argument: TypeAlias = str | bytes | int | float
Reply: TypeAlias = (
    "bool | int | float | bytes | str | list[Reply] | tuple[Reply, ...] | set[Reply] | dict[bytes, Reply] | None"
)

log = logging.getLogger(__name__)


def connect(url: str, password: str = "", user: str = "") -> redis.Redis:
    """A client of bytes; connects when first used. `url`: redis://, rediss:// or redis+socket:///path.

    Answers are awaited 5 s, connections 2 s. A broken connection is tried once more, a time-out never: the fate of
    what was asked is unknown then.
    """
    return redis.Redis.from_url(
        url.replace("redis+socket://", "unix://", 1),
        username=user or None,
        password=password or None,
        protocol=2,
        socket_timeout=5,
        socket_connect_timeout=2,
        retry=Retry(ConstantBackoff(0.05), 2, supported_errors=(redis.ConnectionError,)),
        **({} if "socket://" in url else {"socket_keepalive": True, "health_check_interval": 10}),
    )


class Server:
    """Commands and scripts of one client, typed. Every call raises RetryableError when Redis does not answer."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def call(self, *command: Argument) -> Reply:
        """One command, e.g. `call("HGET", key, field)`."""
        try:
            return cast(Reply, self._client.execute_command(*command))  # type: ignore[no-untyped-call]  # redis-py
        except redis.RedisError as error:
            raise _retryable(error, command) from error

    def together(self, commands: Sequence[tuple[Argument, ...]], *, atomic: bool = True) -> list[Reply]:
        """Several commands in one round trip, all or none seen by others if `atomic`."""
        if not commands:
            return []
        try:
            with self._client.pipeline(transaction=atomic) as pipe:
                for command in commands:
                    pipe.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
                return cast("list[Reply]", pipe.execute())
        except redis.RedisError as error:
            raise _retryable(error, commands[0]) from error

    def script(self, sha: str, text: str, *arguments: Argument) -> Reply:
        """Run a script, by its SHA-1 if the server knows it (EVAL makes it known: no SCRIPT permission is needed)."""
        try:
            return self.call("EVALSHA", sha, 0, *arguments)
        except RetryableError as error:
            if not isinstance(error.__cause__, redis.exceptions.NoScriptError):
                raise
            return self.call("EVAL", text, 0, *arguments)

    def check(self, *, may_be_open: bool = False) -> None:
        """Look at the server once at start; a policy other than `noeviction` is logged as a warning.

        Raises:
            RefusedError: it demands no password (S-063) and `may_be_open` is False.
            RetryableError: it does not answer.
        """
        self.call("PING")
        if not may_be_open and self._is_open():
            raise RefusedError(
                "accepts commands without a password",
                about="Redis",
                hint="set requirepass, or ARGOSY_REDIS_OPEN=1 if you know what you do",
            )
        policy = self._policy()
        if policy not in ("", "noeviction"):
            log.warning("redis_evicts", extra={"policy": policy, "hint": "set maxmemory-policy noeviction"})

    def _is_open(self) -> bool:
        # A second connection with the same address and no password: what any neighbour could do.
        options: dict[str, object] = dict(self._client.connection_pool.connection_kwargs)
        options.update(username=None, password=None, credential_provider=None)
        stranger = self._client.connection_pool.connection_class(**options)
        try:
            stranger.connect()
            stranger.send_command("PING")
            return bool(stranger.read_response() in (b"PONG", "PONG"))
        except redis.RedisError:
            return False  # refused, as it should be; a server that is away was found by the PING before
        finally:
            stranger.disconnect()

    def _policy(self) -> str:
        info = self.call("INFO", "memory")  # redis-py has parsed it
        found = {str(name): value for name, value in info.items()} if isinstance(info, Mapping) else {}
        return as_words(found.get("maxmemory_policy"))


def _retryable(error: redis.RedisError, command: Sequence[Argument]) -> RetryableError:
    text = f"{command[0]!s} failed ({type(error).__name__}: {error})"
    return RetryableError(text, about="Redis", hint="nothing is lost: the sweep repairs it once Redis answers")


def as_bytes(reply: Reply) -> bytes:
    """The reply if it is a string, else an empty one."""
    if isinstance(reply, str):
        return reply.encode()
    return reply if isinstance(reply, bytes) else b""


def as_words(reply: Reply) -> str:
    """The reply as text, empty if there is none."""
    return as_bytes(reply).decode("utf-8", "replace")


def as_number(reply: Reply) -> int:
    """The reply as an integer, 0 if it is none."""
    if isinstance(reply, int | float):
        return int(reply)
    text = as_bytes(reply)
    return int(text) if text.isdigit() else 0


def as_replies(reply: Reply) -> list[Reply]:
    """The reply if it is a list or a set, else an empty one."""
    return list(reply) if isinstance(reply, list | tuple | set) else []


def as_pairs(reply: Reply) -> dict[bytes, bytes]:
    """The reply of HGETALL."""
    if isinstance(reply, Mapping):
        return {as_bytes(field): as_bytes(value) for field, value in reply.items()}
    return {}
