"""What programs print: cut into lines, kept in a file of bounded size, shown with the program's name in front."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

LOG_LIMIT_BYTES = 10 * 2**20
LINE_LIMIT_BYTES = 256 * 2**10

_COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "bright_cyan", "bright_green", "bright_yellow", "bright_blue")


class LogFile:
    """Appends to a file; at 10 MiB the file becomes `<name>.1`, of which there is one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("ab")

    def write(self, line: bytes) -> None:
        """Append one line and hand it to the system at once."""
        if self._file.tell() + len(line) > LOG_LIMIT_BYTES:
            self._file.close()
            self._path.replace(self._path.with_name(self._path.name + ".1"))
            self._file = self._path.open("ab")
        self._file.write(line + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file; `write` is over."""
        self._file.close()


class Lines:
    """Cuts a byte stream into lines; a line over 256 KiB is cut into several."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that are complete now, without their ends."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > LINE_LIMIT_BYTES:
            lines.append(self._rest)
            self._rest = b""
        return [line.rstrip(b"\r") for line in lines]

    def last(self) -> list[bytes]:
        """What is left when the stream ended."""
        rest, self._rest = self._rest, b""
        return [rest] if rest else []


class Screen:
    """Prints lines with a coloured name in front; plain where the output is no terminal."""

    def __init__(self) -> None:
        self._console = Console(file=sys.stdout, soft_wrap=True, highlight=False, markup=False, emoji=False)
        self._colours: dict[str, str] = {}

    def line(self, name: str, text: str) -> None:
        """Print one line of a program; control characters are shown, not obeyed."""
        colour = self._colours.setdefault(name, _COLOURS[len(self._colours) % len(_COLOURS)])
        shown = "".join(c if c.isprintable() or c == "\t" else repr(c)[1:-1] for c in text)
        self._console.print(Text.assemble((f"{name:<7}", colour), " │ ", shown))

    def say(self, text: str) -> None:
        """Print one line of the supervisor itself, without a name: other programs wait for it."""
        self._console.print(text)
        self._console.file.flush()
