"""What several sections are made of: bars, commands, short rows."""

from __future__ import annotations

from dataclasses import dataclass

from fastdiag.model.diagnosis import NextCheck, RankedCause
from fastdiag.model.snapshot import Snapshot
from fastdiag.redact import disarm
from fastdiag.render.outline import by_command
from fastdiag.render.sight import addressed
from fastdiag.render.words import filled

Command = tuple[str, ...]
"""The lines of a shell command."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A share and the range in which it may lie, in percent of the bar."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A short row: what kind it is, what it says, and what it says it of."""

    label: str
    text: str
    signals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A command to run, and what it shows or what to look for in its output."""

    command: Command
    said: str


def bar(cause: RankedCause) -> Bar:
    """Return how likely a cause is at work; the range is that of its being the root."""
    return Bar(_percent(cause.probability), _percent(cause.low), _percent(cause.high))


def full(utilization: float) -> Bar:
    """Return how full something is; what is more than full is full."""
    share = _percent(utilization)
    return Bar(share, share, share)


def _percent(share: float) -> float:
    return round(100 * min(1.0, max(0.0, share)), 1)


def lines(command: str, snapshot: Snapshot) -> Command:
    """Return a command with the process ids that are known, line by line."""
    return tuple(addressed(command, snapshot).strip().splitlines())


def nameless(sentence: str, snapshot: Snapshot) -> str:
    """Return a headline without the service, which the page has named already."""
    return disarm(sentence).removeprefix(f"{disarm(snapshot.service)}: ")


def looks(checks: tuple[NextCheck, ...], snapshot: Snapshot) -> tuple[Look, ...]:
    """Return each command once, with everything that it shows."""
    found = []
    for run, together in by_command(checks):
        shown = "; ".join(
            f"{filled(check.title, snapshot.parameters)} ({check.signal})" for check in together
        )
        seconds = max(check.cost_s for check in together)
        said = f"shows {shown}; takes about {seconds:.0f} s"
        found.append(Look(command=lines(run, snapshot), said=said))
    return tuple(found)
