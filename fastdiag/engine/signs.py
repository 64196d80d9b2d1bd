"""Whether the service has what a check would look at: a database, a pooler, a queue, a cache, a Prometheus.

To be told to ask a queue that is not there costs an engineer's minutes and the trust in the rest. So it
counts what is in sight: a source of it was asked, or something of its family was read; else one signal bears
witness, which is read wherever the service is in touch with such a thing, and absent where somebody looked
and saw none.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from fastdiag.engine.look import Look
from fastdiag.model.signal import Missing, Reason
from fastdiag.model.snapshot import SourceStatus


class Sign(IntEnum):
    """What is known of whether the service has a thing; in the order in which to propose checks of it."""

    SEEN = 0
    UNKNOWN = 1  # nobody could look
    NONE = 2  # somebody looked and saw none


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something that a service may have, and how that shows.

    named     what stands in the command of a check that asks it
    words     what to call it: "if the service has ..."
    source    the source that asks it: where that was asked, somebody knew of it
    family    beginning of the signals that tell of it, whoever reads them
    witness   the signal whose reading shows it (0: there is none)
    by_page   a page of metrics shows it: whoever publishes metrics has somebody who takes them
    may_hide  whether there may be one although somebody looked and saw none, over a Unix socket for one
    """

    named: str
    words: str
    source: str
    family: str | None = None
    witness: str | None = None
    by_page: bool = False
    may_hide: bool = False


THINGS: Final = (
    Thing(
        named="--pgbouncer",
        words="a PgBouncer before its database",
        source="pgbouncer",
        family="db.pgbouncer.",
        witness="db.pooled",
        may_hide=True,
    ),
    Thing(
        named="--postgres",
        words="a PostgreSQL database",
        source="postgres",
        family="db.",
        witness="db.sockets",
        may_hide=True,
    ),
    Thing(named="--queue", words="a job queue", source="queue", family="queue.", witness="queue.sockets"),
    Thing(named="redis-cli", words="a Redis", source="cache", family="cache.", witness="cache.waiting"),
    Thing(
        named="--prometheus",
        words="a Prometheus that scrapes it",
        source="prometheus",
        by_page=True,
        may_hide=True,
    ),
)
_PAGE: Final = "scrape"


def asked_by(command: str) -> Thing | None:
    """Return what a command looks at that not every service has; None for what each of them has."""
    return next((thing for thing in THINGS if thing.named in command), None)


def sign_of(thing: Thing, look: Look) -> Sign:
    """Return whether the service has a thing, as far as a snapshot shows."""
    states = {state.name: state.status for state in look.snapshot.sources}
    if states.get(thing.source, SourceStatus.SKIPPED) is not SourceStatus.SKIPPED:
        return Sign.SEEN
    if thing.by_page:
        return _by_page(states.get(_PAGE, SourceStatus.SKIPPED))
    witness = _witness(thing, look)
    if witness is not None and not isinstance(witness, Missing):
        return Sign.SEEN if witness else Sign.NONE
    if thing.family and any(name.startswith(thing.family) for name in look.snapshot.readings):
        return Sign.SEEN
    is_looked_for = isinstance(witness, Missing) and witness.reason is Reason.ABSENT
    return Sign.NONE if is_looked_for else Sign.UNKNOWN


def was_skipped(thing: Thing, look: Look) -> bool:
    """Whether a snapshot was taken without asking the source of a thing."""
    skipped = [state.name for state in look.snapshot.sources if state.status is SourceStatus.SKIPPED]
    return thing.source in skipped


def _witness(thing: Thing, look: Look) -> float | Missing | None:
    """Return what a thing's witness says; None where the table has none."""
    if thing.witness is None or thing.witness not in look.rulebook.catalogue.signals:
        return None
    reading = look.reading(thing.witness)
    return reading if isinstance(reading, Missing) else reading.value


def _by_page(status: SourceStatus) -> Sign:
    match status:
        case SourceStatus.OK | SourceStatus.PARTIAL:
            return Sign.SEEN
        case SourceStatus.FAILED:
            return Sign.NONE
        case SourceStatus.SKIPPED:
            return Sign.UNKNOWN
