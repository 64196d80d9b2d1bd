"""What a live screen shows: a service over some looks, what looking costs, and where the person is on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from fastdiag.model.diagnosis import Diagnosis, Status
from fastdiag.model.quantity import Unit
from fastdiag.model.snapshot import SourceStatus

KEPT_LOOKS: Final = 240
"""Wider than any screen has cells; with the usual period this is 40 minutes."""


class Page(StrEnum):
    """What the screen shows."""

    OVERVIEW = "overview"
    CAUSE = "cause"  # one cause with its whole ledger
    HELP = "help"  # the keys, and what has no room elsewhere: sources and notes in full


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is kept of one look, for the courses.

    at             when it ended, in seconds since the epoch
    status         None when nothing came of it: a gap, never zero
    probabilities  of every cause of the table that was judged, by its id
    listed         ids of the causes that were at least possible
    values         service-wide value of every signal that was seen, in its unit
    """

    at: float
    status: Status | None
    probabilities: Mapping[str, float] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """How long a source has been in a state: since when, in seconds since the epoch."""

    status: SourceStatus
    since: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What watching costs.

    share       of one core, over the last looks; None before the second look begins
    limit       share that is never exceeded: the next look waits for that
    cpu_s       processor time of the last look, its children included
    seconds     wall time of the last look
    statements  that the last look sent to PostgreSQL and PgBouncer
    requests    that it sent to everything else
    dumps       stacks of a worker that it read, each of which paused the worker
    """

    share: float | None
    limit: float
    cpu_s: float = 0.0
    seconds: float = 0.0
    statements: int = 0
    requests: int = 0
    dumps: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """Everything that the screen derives from.

    every_s     the wanted time from the start of one look to the start of the next
    looks       the latest ones, the oldest first
    diagnosis   of the last look that succeeded
    trouble     why the last look told nothing; None when it did
    status_since  since when the status is what it is, in seconds since the epoch
    sources     state of each source that has been asked, by its name
    titles      of all causes that were ever judged, by id
    units       of all signals that were ever seen, by id
    next_at     when the next look begins at the earliest; None while one is under way
    chosen      id of the cause that the cursor is on
    scroll      lines of the page that have gone past its top
    message     what became of the last key that asked for something
    recorded    what the flight recorder did at the last look
    records     what it did at earlier ones and that, each with its time of day, the latest last
    records_to  the directory of its snapshots; None without one
    """

    every_s: float
    cost: Cost
    looks: tuple[Look, ...] = ()
    diagnosis: Diagnosis | None = None
    trouble: str | None = None
    notes: tuple[str, ...] = ()
    status_since: float | None = None
    sources: Mapping[str, Span] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, Unit] = field(default_factory=dict)
    is_looking: bool = False
    is_paused: bool = False
    progress: str = ""
    next_at: float | None = None
    page: Page = Page.OVERVIEW
    chosen: str | None = None
    scroll: int = 0
    message: str | None = None
    recorded: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    records_to: str | None = None
