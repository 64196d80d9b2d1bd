"""A log whose lines a test writes down."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from fastdiag.collectors.logs.lines import Batch, Line, line_of


def batch(lines: Iterable[str | Line], *, since: float | None = None, is_cut: bool = False) -> Batch:
    """Return these lines as one look at a log."""
    made = tuple(line if isinstance(line, Line) else line_of(line) for line in lines)
    return Batch(lines=made, since=since, until=time.time(), is_cut=is_cut)


@dataclass(slots=True, kw_only=True)
class ListedLog:
    """Shows ``tail`` first, and ``added`` after that."""

    tail: list[str | Line] = field(default_factory=list)
    added: list[str | Line] | None = field(default_factory=list)
    name: str = "app.log"

    def first(self) -> Batch:
        """Return the tail."""
        return batch(self.tail)

    def more(self) -> Batch | None:
        """Return what was added; None where the log cannot tell."""
        return None if self.added is None else batch(self.added, since=time.time())

    def close(self) -> None:
        """Nothing is open."""
