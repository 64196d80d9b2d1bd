"""A report: a diagnosis with everything that time adds to it; every format of it derives from this."""

from __future__ import annotations

from dataclasses import dataclass, field

from fastdiag.model.changes import Changes
from fastdiag.model.course import Course, FailureSequence
from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.headroom import Headroom
from fastdiag.model.history import Past


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is said about a service at one moment and over time.

    since     what changed since the last report of the same service; None for the first one
    courses   key signals over time, the most telling first; ``no_courses`` says why there are none
    requests  what looking back cost the server, beside the requests of the snapshot
    sequence  the classic failure sequence, where it is recognised
    notes     what a person should know of how this came about
    """

    diagnosis: Diagnosis
    headroom: Headroom | None = None
    since: Changes | None = None
    past: Past = field(default_factory=Past)
    courses: tuple[Course, ...] = ()
    no_courses: str | None = None
    requests: int = 0
    sequence: FailureSequence | None = None
    notes: tuple[str, ...] = ()
