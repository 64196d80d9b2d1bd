"""What a history can do, whatever keeps it: a SQLite file or a PostgreSQL database."""

from __future__ import annotations

from typing import Final, Protocol

from fastdiag.model.history import Mark, Run
from fastdiag.model.history_place import HistoryPlace, Keep, Pruned

__all__ = ["MAX_MARKS", "MAX_RUNS", "RUNS_SHARE", "SLACK", "HistoryPlace", "Keep", "Pruned", "Store"]

MAX_RUNS: Final = 1000
"""As many runs are read at once: three and a half days of a report every five minutes."""
MAX_MARKS: Final = 10_000
"""More marks than a timeline can show; the oldest go, whatever sets so many."""
RUNS_SHARE: Final = 0.5
"""Of the room: what runs may take before the oldest of them go; the rest is for snapshots."""
SLACK: Final = 0.95
"""What is too large is made a little smaller than it need be, so that not every run has to tidy up."""


class Store(Protocol):
    """A history of runs and marks. Each method but ``where`` and ``close`` may raise HistoryError.

    It may be closed by another thread than opened it, but is used by one at a time. Several processes, and
    with PostgreSQL several hosts, may have the same history open and write to it.
    """

    @property
    def where(self) -> str:
        """Say where it is kept, for people: no secret is in it."""

    def add(self, run: Run, snapshot: str) -> int:
        """Keep a run with the masked JSON text of its snapshot, drop what is too old; return its id."""

    def run(self, id: int) -> Run | None:  # noqa: A002 - the word that the field and the command line have for it
        """Return one run."""

    def runs(
        self,
        service: str | None,
        *,
        host: str | None = None,
        since: float | None = None,
        limit: int = MAX_RUNS,
    ) -> tuple[Run, ...]:
        """Return the latest runs, the newest first; of every service for None. ``since`` is epoch seconds."""

    def snapshot(self, id: int) -> str | None:  # noqa: A002 - see above
        """Return the JSON text of the snapshot of a run."""

    def mark(self, mark: Mark) -> int:
        """Keep a mark; return its id."""

    def marks(self, service: str | None, *, since: float | None = None) -> tuple[Mark, ...]:
        """Return the marks that concern a service, the newest first; all of them for None."""

    def prune(self, keep: Keep) -> Pruned:
        """Drop what is too old or too much; give the space back."""

    def close(self) -> None:
        """Let go of it."""
