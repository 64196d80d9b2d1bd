"""Records: a line and what belongs to it. One failure is one record, however long its traceback."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from fastdiag.collectors.logs.clock import Stamp, stamp_of, stamp_of_fields
from fastdiag.collectors.logs.lines import Line, line_of

MAX_RECORD_LINES: Final = 400
"""A traceback of a deep stack fits; beyond, a new record begins."""
MAX_DEPTH: Final = 3
"""Of objects in a JSON record: what libraries nest (ECS, loguru)."""

_TRACEBACK: Final = "Traceback (most recent call last)"
_LINK: Final = re.compile(r"During handling of the above exception|The above exception was the direct cause")
_BELOW: Final = re.compile(
    r"\s|\[SQL: |\[parameters: |\(Background on this error|(?:future|task|handle|protocol|transport): <"
)
"""How lines begin that are never the first of a record."""
_RAISED: Final = re.compile(r"(?!(?:INFO|WARNING|ERROR|DEBUG|CRITICAL)\b)[A-Za-z_][\w.]{0,200}(?::\s|$)")
"""The last line of a traceback: the class, and mostly what it says."""
_FRAME: Final = re.compile(r'  File "')
_BARS: Final = re.compile(r"^\s{1,40}[|+]\s?")
_CONTAINER: Final = re.compile(r"(?P<time>\d{4}-\S{1,40}) (?:stdout|stderr) [FP] (?P<text>.*)")
"""Kubernetes writes time, stream and a tag before each line of what a container says."""
_DOCKER: Final = '{"log":'
"""Docker wraps each line in JSON, with stream and time."""


@dataclass(frozen=True, slots=True)
class Record:
    """One entry of a log.

    texts   what it says, one line after the other; of JSON, the lines of its values
    stamp   when its text says that it was written
    at      when its source says so
    fields  of a structured record, its fields; None for others
    """

    texts: tuple[str, ...]
    stamp: Stamp | None
    at: float | None
    fields: Mapping[str, object] | None = None


@dataclass(slots=True)
class _Grouping:
    """Tells whether a line belongs to the record before it."""

    has_traceback: bool = False
    is_raising: bool = False
    is_linked: bool = False

    def takes(self, text: str) -> bool:
        if text.startswith(_TRACEBACK):
            return not self.has_traceback or self.is_linked
        return bool(
            _BELOW.match(text)
            or (self.is_raising and _RAISED.match(text))
            or (self.has_traceback and _LINK.match(text))
        )

    def add(self, text: str) -> None:
        if _TRACEBACK in text:
            self.has_traceback = self.is_raising = True
        elif self.is_raising and not text[:1].isspace():
            self.is_raising = False
        self.is_linked = bool(_LINK.match(text))


def records_of(lines: Iterable[Line]) -> Iterator[Record]:
    """Yield the records of a stretch of a log, in its order."""
    held: list[Line] = []
    grouping = _Grouping()
    for line in map(_unwrapped, lines):
        if held and (len(held) >= MAX_RECORD_LINES or not grouping.takes(line.text)):
            yield _record(held)
            held, grouping = [], _Grouping()
        held.append(line)
        grouping.add(line.text)
    if held:
        yield _record(held)


def _unwrapped(line: Line) -> Line:
    """Return a line as the program wrote it, without what a container runtime puts around it."""
    if line.text.startswith(_DOCKER):
        match _fields(line.text):
            case {"log": str(text), "time": str(written)}:
                return line_of(text, _seconds(written, line))
            case _:
                return line
    match = _CONTAINER.match(line.text)
    return replace(line, text=match["text"], at=_seconds(match["time"], line)) if match else line


def _seconds(written: str, line: Line) -> float | None:
    stamp = stamp_of(written)
    return stamp.seconds if line.at is None and stamp and not stamp.is_local else line.at


def _record(lines: list[Line]) -> Record:
    first = lines[0]
    fields = _fields(first.text)
    rest = [line.text for line in lines[1:]]
    if fields is None:
        return Record(tuple(_said((first.text, *rest))), stamp_of(first.text), first.at)
    return Record(tuple(_said((*_texts(fields), *rest))), stamp_of_fields(fields), first.at, fields)


def _said(texts: Iterable[str]) -> Iterator[str]:
    """Yield what a record says: not the code that a traceback quotes, nor the bars of exception groups."""
    is_code = False
    for text in texts:
        bare = _BARS.sub("", text)
        if _FRAME.match(bare):
            is_code = True
        elif not (is_code and bare.startswith("    ")):
            is_code = False
            yield bare


def _fields(text: str) -> Mapping[str, object] | None:
    """Return the fields of a line of JSON."""
    if not (text.startswith("{") and text.endswith("}")):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found else None


def _texts(fields: Mapping[str, object], depth: int = MAX_DEPTH) -> Iterator[str]:
    """Yield the lines of the texts in a record."""
    for value in fields.values():
        match value:
            case str():
                yield from (piece for piece in value.splitlines() if piece)
            case dict() if depth:
                yield from _texts(value, depth - 1)
            case list() if depth:
                yield from _texts({str(place): item for place, item in enumerate(value)}, depth - 1)
            case _:
                pass
