"""Counting, in the records of the logs, what the catalogue's signatures say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from fastdiag.collectors.logs.records import Record
from fastdiag.collectors.logs.window import Stretch
from fastdiag.model.signal import Labels, LogPattern, LogSource, Signal

CHUNK_RECORDS: Final = 500
"""Patterns none of whose texts stands anywhere in so many records are passed over at once."""
AROUND_CHARS: Final = 500
"""So much of a line is searched before and behind such a text: patterns are proven cheap for twice that."""
MAX_PARTS: Final = 1000
"""Of one signal; a hostile log could make each record one of its own."""
PATH: Final = "path"
_ID_IN_PATH: Final = re.compile(r"(?<=/)(?:\d+|[0-9a-fA-F-]{16,})(?=/|$)")


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that a pattern was found in, what was found there, and what its groups hold."""

    text: str
    found: str
    labels: Labels


@dataclass(slots=True)
class Kind:
    """Records of one signal with the same labels: how many, the newest line, and what was found in it."""

    count: int = 0
    line: str = ""
    found: str = ""


@dataclass(slots=True)
class Tally:
    """What the records of one log say of one signal.

    count  records that match; whole: those that they are a share of; is_heard: the log would tell
    """

    count: int = 0
    whole: int = 0
    is_heard: bool = False
    kinds: dict[Labels, Kind] = field(default_factory=dict)
    wholes: dict[Labels, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Needle:
    """One pattern, ready to be searched; several signals may ask for the same one of the same records."""

    regex: re.Pattern[str]
    literals: tuple[str, ...]
    _known: dict[int, Hit | None] = field(default_factory=dict)

    def may_be_in(self, text: str) -> bool:
        return any(literal in text for literal in self.literals)

    def is_in(self, records: Iterable[Record]) -> bool:
        return any(self.hit(record) for record in records)

    def hit(self, record: Record) -> Hit | None:
        """Return the first line of a record in which it is found."""
        key = id(record)
        if key not in self._known:
            self._known[key] = self._search(record.texts)
        return self._known[key]

    def forget(self) -> None:
        self._known.clear()

    def _search(self, texts: Iterable[str]) -> Hit | None:
        """Search around its fixed texts only."""
        for text in texts:
            for literal in self.literals:
                place = text.find(literal)
                if place >= 0:
                    start, end = max(0, place - AROUND_CHARS), place + AROUND_CHARS
                    match = self.regex.search(text, start, end)
                    if match:
                        return Hit(text, match[0], _labels(match))
        return None


@dataclass(slots=True)
class _Needles:
    """The patterns of all signals, each once."""

    by_regex: dict[str, _Needle] = field(default_factory=dict)

    def of(self, pattern: LogPattern) -> _Needle:
        if pattern.regex not in self.by_regex:
            self.by_regex[pattern.regex] = _Needle(re.compile(pattern.regex), pattern.literals)
        return self.by_regex[pattern.regex]

    def forget(self) -> None:
        for needle in self.by_regex.values():
            needle.forget()


@dataclass(frozen=True, slots=True)
class _Search:
    """One source of a signal, ready to be searched."""

    tally: Tally
    needle: _Needle
    per: _Needle | None
    heard: _Needle
    ignore: re.Pattern[str] | None

    @classmethod
    def of(cls, source: LogSource, tally: Tally, needles: _Needles) -> _Search:
        return cls(
            tally,
            needles.of(source.pattern),
            needles.of(source.per) if source.per else None,
            needles.of(source.heard or source.pattern),
            re.compile(source.ignore) if source.ignore else None,
        )

    def within(self, chunk: Sequence[Record], text: str) -> Callable[[Record], bool] | None:
        """Return what to do with each record of a chunk with this text; None where there is nothing to do."""
        if self.per is not None:
            return self._share if self.per.may_be_in(text) else None
        if not self.tally.is_heard and self.heard.may_be_in(text):
            self.tally.is_heard = self.heard.is_in(chunk)
        return self._count if self.needle.may_be_in(text) else None

    def _share(self, record: Record) -> bool:
        whole = self.per.hit(record) if self.per else None
        if whole is None or self._is_ignored(whole.labels):
            return False
        hit = self.needle.hit(record)
        self.tally.is_heard = True
        self.tally.whole += 1
        _add(self.tally.wholes, whole.labels)
        if hit:
            self._take(Hit(hit.text, hit.found, whole.labels))
        return True

    def _count(self, record: Record) -> bool:
        hit = self.needle.hit(record)
        if hit is None or self._is_ignored(hit.labels):
            return False
        self.tally.is_heard = True
        self._take(hit)
        return True

    def _take(self, hit: Hit) -> None:
        self.tally.count += 1
        if hit.labels in self.tally.kinds or len(self.tally.kinds) < MAX_PARTS:
            kind = self.tally.kinds.setdefault(hit.labels, Kind())
            if not kind.count:  # the newest, as records come from the end
                kind.line, kind.found = hit.text, hit.found
            kind.count += 1

    def _is_ignored(self, labels: Labels) -> bool:
        path = dict(labels).get(PATH)
        return bool(self.ignore and path and self.ignore.fullmatch(path))


def tally(stretch: Stretch, signals: Sequence[Signal], is_over: Callable[[], bool]) -> dict[str, Tally]:
    """Count what the signals' signatures find in a log, from its end; ``is_over``: there is no more time."""
    tallies = {signal.id: Tally() for signal in signals}
    needles = _Needles()
    searches = [
        [
            _Search.of(source, tallies[signal.id], needles)
            for source in signal.sources
            if isinstance(source, LogSource)
        ]
        for signal in signals
    ]
    for chunk in _chunks(stretch.records[::-1]):
        text = "\n".join(text for record in chunk for text in record.texts)
        for ways in searches:
            if is_over():
                return tallies
            takes = [take for take in (search.within(chunk, text) for search in ways) if take]
            _count_each(chunk if takes else (), takes, is_over)
        needles.forget()
    return tallies


def _count_each(
    records: Iterable[Record], takes: Sequence[Callable[[Record], bool]], is_over: Callable[[], bool]
) -> None:
    for record in records:
        if is_over():
            return
        any(take(record) for take in takes)  # whichever source finds it: each record counts once


def _chunks(records: Sequence[Record]) -> Iterator[list[Record]]:
    rest = iter(records)
    while chunk := list(islice(rest, CHUNK_RECORDS)):
        yield chunk


def _labels(match: re.Match[str]) -> Labels:
    """Return the named groups; an id in a path is none of its own."""
    found = {name: value for name, value in match.groupdict().items() if value}
    if PATH in found:
        found[PATH] = _ID_IN_PATH.sub("{id}", found[PATH])
    return tuple(sorted(found.items()))


def _add(counts: dict[Labels, int], labels: Labels) -> None:
    if labels in counts or len(counts) < MAX_PARTS:
        counts[labels] = counts.get(labels, 0) + 1
