"""What a person presses, from the bytes that a terminal sends."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Key(StrEnum):
    """What a key asks for."""

    QUIT = "quit"
    PAUSE = "pause"
    SAVE = "save"
    UP = "up"
    DOWN = "down"
    PAGE_UP = "page up"
    PAGE_DOWN = "page down"
    ENTER = "enter"
    BACK = "back"
    HELP = "help"


ESCAPE: Final = b"\x1b"
MAX_SEQUENCE_BYTES: Final = 16
"""No key of a terminal is longer; what is, was pasted."""
_SINGLE: Final = {
    b"q": Key.QUIT,
    b"Q": Key.QUIT,
    b"p": Key.PAUSE,
    b" ": Key.PAUSE,
    b"s": Key.SAVE,
    b"k": Key.UP,
    b"j": Key.DOWN,
    b"\r": Key.ENTER,
    b"\n": Key.ENTER,
    b"l": Key.ENTER,
    b"h": Key.HELP,
    b"?": Key.HELP,
    b"\x7f": Key.BACK,
}
_SEQUENCES: Final = {
    b"A": Key.UP,
    b"B": Key.DOWN,
    b"C": Key.ENTER,
    b"D": Key.BACK,
    b"5~": Key.PAGE_UP,
    b"6~": Key.PAGE_DOWN,
}
"""After escape and `[` or, in the keypad's application mode, `O`."""
_INTRODUCERS: Final = (b"[", b"O")


class KeyReader:
    """Turns bytes into keys; a sequence that comes in pieces is kept until it is whole."""

    def __init__(self) -> None:
        self._kept = b""

    @property
    def is_halfway(self) -> bool:
        """Whether what came last may go on: an escape is a key of its own only if nothing follows soon."""
        return bool(self._kept)

    def feed(self, data: bytes) -> tuple[Key, ...]:
        """Return the keys that are whole; what means nothing is passed over."""
        rest = self._kept + data
        self._kept = b""
        keys: list[Key] = []
        while rest:
            key, length = _first(rest)
            if not length:
                self._kept = rest
                break
            keys += [key] if key else []
            rest = rest[length:]
        return tuple(keys)

    def flush(self) -> tuple[Key, ...]:
        """Return what an unfinished sequence means when nothing follows it."""
        kept, self._kept = self._kept, b""
        return (Key.BACK,) if kept == ESCAPE else ()


def _first(data: bytes) -> tuple[Key | None, int]:
    """Return the key that data begins with and its length; length 0 when more has to come."""
    if data[:1] != ESCAPE:
        return _SINGLE.get(data[:1]), 1
    if len(data) == 1:
        return None, 0
    if data[1:2] not in _INTRODUCERS:
        return Key.BACK, 1
    end = next((at for at in range(2, len(data)) if 0x40 <= data[at] <= 0x7E), None)  # noqa: PLR2004 - final bytes of ECMA-48
    if end is None:
        return (None, len(data)) if len(data) > MAX_SEQUENCE_BYTES else (None, 0)
    return _SEQUENCES.get(data[2 : end + 1]), end + 1
