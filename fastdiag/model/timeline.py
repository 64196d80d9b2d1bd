"""A history as `fastdiag history list` shows it."""

from __future__ import annotations

from dataclasses import dataclass

from fastdiag.model.history import Mark, Recurrence, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Runs and marks, the newest first, and what recurs.

    where        where it is kept, for people
    recurrences  of each service; services without any are not in it
    more         whether there are older runs than those that are here
    """

    where: str
    runs: tuple[Run, ...]
    marks: tuple[Mark, ...] = ()
    recurrences: tuple[tuple[str, tuple[Recurrence, ...]], ...] = ()
    more: bool = False
