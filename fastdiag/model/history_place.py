"""Where earlier diagnoses are kept and how much of them: what fastdiag.yaml says under `history:`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fastdiag.model.target import Secret

DEFAULT_KEEP_S: Final = 90 * 86400.0
"""A quarter: long enough that what comes back every month-end is seen to come back."""
DEFAULT_KEEP_BYTES: Final = 250_000_000
"""Room for those 90 days with a report every five minutes: `python -m tests.benchmarks.history`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How much history is kept.

    What is older than ``age_s`` seconds goes. When all takes more than ``size_bytes``, the snapshots of the
    oldest runs go first: what a run found takes a fifth of that, and tells what recurs without them.
    """

    age_s: float = DEFAULT_KEEP_S
    size_bytes: int = DEFAULT_KEEP_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was dropped because it was too old or too much.

    snapshots   those of dropped runs, and those that went while their run stayed
    size_bytes  of all of it, compressed as it was kept
    """

    runs: int = 0
    snapshots: int = 0
    marks: int = 0
    size_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPlace:
    """Where history is kept: the path of a SQLite file, or the DSN of a PostgreSQL database that hosts share.

    Without either it is the default place, a SQLite file in the state directory. Where there is to be no
    history (`history: off`), there is None instead of a place.
    """

    store: Path | Secret | None = None
    keep: Keep = field(default_factory=Keep)
