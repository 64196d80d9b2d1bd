"""Typed access to foreign JSON; whatever is wrong is told with its path: `signals.http.rps.by[2].value`."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NoReturn

from fastdiag.errors import SnapshotError
from fastdiag.redact import disarm

_MAX_SHOWN_CHARS: Final = 40


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a JSON document, the file it stands in, and the path that leads to it."""

    value: object
    file: str
    path: str = ""

    def fail(self, message: str, hint: str | None = None) -> NoReturn:
        """Raise SnapshotError about this value."""
        raise SnapshotError(f"{self.path}: {message}" if self.path else message, hint=hint, where=self.file)

    def expected(self, wanted: str, hint: str | None = None) -> NoReturn:
        """Raise SnapshotError: something else should stand here."""
        self.fail(f"expected {wanted}, found {_shown(self.value)}", hint)

    @property
    def is_null(self) -> bool:
        """Whether the value is null, or is not there at all."""
        return self.value is None

    def get(self, key: str) -> Node:
        """Return a member of an object; null when it is not there."""
        if not isinstance(self.value, dict):
            self.expected("an object")
        name = _bounded(disarm(key))
        return Node(self.value.get(key), self.file, f"{self.path}.{name}" if self.path else name)

    def names(self, hint: str | None = None) -> tuple[str, ...]:
        """Return the names of an object's members, none where there is null."""
        if self.value is None:
            return ()
        if not isinstance(self.value, dict):
            self.expected("an object", hint)
        return tuple(self.value)

    def items(self) -> Iterator[tuple[str, Node]]:
        """Yield the members of an object, none where there is null."""
        for key in self.names():
            yield key, self.get(key)

    def elements(self) -> Iterator[Node]:
        """Yield the elements of a list, none where there is null."""
        if self.value is None:
            return
        if not isinstance(self.value, list):
            self.expected("a list")
        for index, value in enumerate(self.value):
            yield Node(value, self.file, f"{self.path}[{index}]")

    def text(self, default: str | None = None) -> str:
        """Return a text; ``default`` where there is null."""
        if self.value is None and default is not None:
            return default
        if not isinstance(self.value, str):
            self.expected("a text")
        return self.value

    def number(self, default: float | None = None) -> float:
        """Return a finite number; ``default`` where there is null."""
        if self.value is None and default is not None:
            return default
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            self.expected("a number")
        try:
            number = float(self.value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self.fail("the number is too large")
        return number

    def whole(self, default: int) -> int:
        """Return a whole number, not negative; ``default`` where there is null."""
        number = float(self.number(default))
        if number < 0 or not number.is_integer():
            self.expected("a whole number from 0 up")
        return int(number)

    def word(self, known: Iterable[str]) -> str:
        """Return a text that is one of the known ones."""
        words = tuple(known)
        if self.value not in words:
            self.expected(f"one of {', '.join(words)}")
        return str(self.value)


_UNFINISHED: Final = re.compile(r"[\w.+-]*\s*")
"""What stands at the end of a text that was cut off: nothing, or half of a number or word, such as `0.`."""


def parse(text: str, file: str) -> Node:
    """Return the root of a JSON document. Raise SnapshotError with line and column."""
    if not text.strip():
        raise SnapshotError("the file is empty", where=file)
    try:
        return Node(json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant), file)
    except json.JSONDecodeError as error:
        cut_off = "Unterminated string" in error.msg or (
            error.pos > 0 and _UNFINISHED.fullmatch(text, error.pos) is not None
        )
        raise SnapshotError(
            f"not JSON: {error.msg[:1].lower()}{error.msg[1:]}",
            hint="the file seems to be cut off: save it again" if cut_off else None,
            where=f"{file}:{error.lineno}:{error.colno}",
        ) from None
    except RecursionError:
        raise SnapshotError("not a snapshot: nested too deeply", where=file) from None
    except _RefusedError as error:
        raise SnapshotError(str(error), where=file) from None
    except ValueError:  # of int(), which bounds its work
        raise SnapshotError("a number has too many digits", where=file) from None


class _RefusedError(ValueError):
    """Valid for the parser, but not for us."""


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members: dict[str, object] = {}
    for key, value in pairs:
        if key in members:
            raise _RefusedError(f"the key {_shown(key)} stands twice in one object")
        members[key] = value
    return members


def _no_constant(name: str) -> NoReturn:
    raise _RefusedError(f"{name} is not a number: leave an unknown value out")


def _shown(value: object) -> str:
    return _bounded(disarm(json.dumps(value, ensure_ascii=False)))


def _bounded(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN_CHARS else f"{text[: _MAX_SHOWN_CHARS - 1]}…"
