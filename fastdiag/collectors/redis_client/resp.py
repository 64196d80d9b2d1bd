"""RESP2, the protocol of Redis, as far as a reader needs it: with limits on everything a server may send."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from fastdiag.collectors.redis_client.commands import ALLOWED, SETTINGS_ASKED, Command
from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Reason

MAX_ANSWER_BYTES: Final = 1_000_000
"""Of one answer. INFO takes 6 kB; a message of a queue may be of any size, and then is not worth it."""
MAX_LINE_BYTES: Final = 4096
MAX_ELEMENTS: Final = 10_000
MAX_DEPTH: Final = 4
_CHUNK_BYTES: Final = 65_536
_EOL: Final = b"\r\n"


@dataclass(frozen=True, slots=True)
class Error:
    """An error answer: the server's own words."""

    text: str


Reply = int | bytes | None | Error | Sequence["Reply"]


class TooLarge(SourceFailed):
    """An answer is larger than is worth reading; the connection cannot be used any more."""

    def __init__(self, size: str) -> None:
        super().__init__(Reason.FAILED, f"an answer of {size} is too large to look at")


def encode(commands: Iterable[Command]) -> bytes:
    """Return commands as they are sent. Raises ValueError for one that is not on the list."""
    return b"".join(map(_encoded, commands))


def _encoded(command: Command) -> bytes:
    if command.name not in ALLOWED or (command.name == "CONFIG" and command not in SETTINGS_ASKED):
        raise ValueError(f"{command.name} is not a command that only reads")
    words = [word.encode("utf-8", "surrogateescape") for word in command.words]
    bulks = (b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
    return b"*%d\r\n" % len(words) + b"".join(bulks)


@dataclass(slots=True)
class Reader:
    """Reads answers until ``until``, a point of ``time.monotonic()``. Raises OSError and SourceFailed."""

    connection: socket.socket
    until: float
    _buffer: bytearray = field(default_factory=bytearray)
    _budget: int = 0

    def reply(self) -> Reply:
        """Read one answer."""
        self._budget = MAX_ANSWER_BYTES
        return self._reply(0)

    def _reply(self, depth: int) -> Reply:
        line = self._line()
        kind, rest = line[:1], line[1:]
        match kind:
            case b"+":
                return rest
            case b"-":
                return Error(rest.decode("utf-8", "replace"))
            case b":":
                return _number(rest, line)
            case b"$":
                return self._bulk(_number(rest, line))
            case b"*":
                return self._array(_number(rest, line), depth)
            case _:
                raise _not_redis(line)

    def _bulk(self, size: int) -> bytes | None:
        if size < 0:
            return None
        self._spend(size)
        return self._exactly(size + len(_EOL))[:size]

    def _array(self, size: int, depth: int) -> Sequence[Reply] | None:
        if size < 0:
            return None
        if size > MAX_ELEMENTS or depth >= MAX_DEPTH:
            raise TooLarge(f"{size} elements")
        return [self._reply(depth + 1) for _ in range(size)]

    def _line(self) -> bytes:
        while (end := self._buffer.find(_EOL)) < 0:
            if len(self._buffer) > MAX_LINE_BYTES:
                raise _not_redis(bytes(self._buffer))
            self._receive()
        self._spend(end)
        line = bytes(self._buffer[:end])
        del self._buffer[: end + len(_EOL)]
        return line

    def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._receive()
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _receive(self) -> None:
        left_s = self.until - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        self.connection.settimeout(left_s)
        chunk = self.connection.recv(_CHUNK_BYTES)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        self._buffer += chunk

    def _spend(self, size: int) -> None:
        self._budget -= size
        if self._budget < 0:
            raise TooLarge(f"over {MAX_ANSWER_BYTES // 1_000_000} MB")


def _number(text: bytes, line: bytes) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise _not_redis(line) from error


def _not_redis(line: bytes) -> SourceFailed:
    what = "it answers HTTP" if line.startswith(b"HTTP/") else "it does not speak its protocol"
    return SourceFailed(Reason.FAILED, f"this is not a Redis server: {what}", hint="check host and port")
