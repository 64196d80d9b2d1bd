"""Scenarios as typed data: a whole situation, and the ranking that the table must make of it.

An example belongs to one cause and says what becomes of that; a scenario belongs to nobody and says who
comes first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fastdiag.model.diagnosis import Status
from fastdiag.model.example import Expectation, Given


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A situation and what the table must say of it.

    snapshot  a saved snapshot, in whose place ``given`` may stand
    observed  symptoms that a person reports, besides those of the snapshot
    status    of the service; None where it does not matter
    symptoms  that hold, these and no others, in any order; None where they do not matter
    ranking   the causes that come first, in this order; those behind them do not matter
    expect    verdicts, and ranks, that single causes must have
    where     file:line:column
    """

    name: str
    snapshot: Path | None = None
    given: Mapping[str, Given] = field(default_factory=dict)
    observed: tuple[str, ...] = ()
    status: Status | None = None
    symptoms: tuple[str, ...] | None = None
    ranking: tuple[str, ...] = ()
    expect: Mapping[str, Expectation] = field(default_factory=dict)
    where: str = ""
