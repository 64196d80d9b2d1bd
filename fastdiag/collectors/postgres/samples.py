"""Two looks at the same connections, apart in time: what stayed, what was renewed, what cannot be seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fastdiag.collectors.postgres.grants import Lack, advice
from fastdiag.collectors.postgres.rows import Backend, Limits, LockWaits
from fastdiag.model.signal import Labels, Missing, Part, Range, Reason

MAX_PARTS: Final = 50
MAX_LISTED: Final = 10
POOLER: Final = "pooler"
ONE_SAMPLE: Final = "seen in one sample only: what passes cannot be told from what persists"


class Course(StrEnum):
    """What became of a transaction, or of a session's state, between the samples."""

    NONE = "none"
    RENEWED = "renewed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One look."""

    backends: tuple[Backend, ...] | Missing
    lock_waits: LockWaits | Missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """The first and the last look; one and the same when there was no time for two.

    limits  None when the server refused the question
    port    under which the server was reached
    """

    first: Sample
    last: Sample
    limits: Limits | None
    is_pooled: bool
    port: int = 0

    @property
    def are_two(self) -> bool:
        """Whether there were two looks."""
        return self.first is not self.last

    @property
    def server(self) -> str:
        """How the server was reached: by its port, or through a pooler."""
        return POOLER if self.is_pooled else str(self.port)

    @property
    def bias(self) -> str | None:
        """Why a value that should persist may be a passing one."""
        return None if self.are_two else ONE_SAMPLE

    @property
    def hidden(self) -> int:
        """Connections (the more of both samples) of which the role may not see the state."""
        return max(_count(sample, lambda backend: backend.is_hidden) for sample in (self.first, self.last))

    @property
    def blind_spot(self) -> Missing | None:
        """Why statements about all connections cannot be made, or None: they can."""
        for sample in (self.last, self.first):
            if isinstance(sample.backends, Missing):
                return sample.backends
        if self.hidden:
            return Missing(Reason.DENIED, self.hidden_story)
        untracked = _count(self.last, lambda backend: backend.is_untracked)
        if untracked:
            return Missing(Reason.ABSENT, f"track_activities is off for {untracked} connections")
        return None

    @property
    def hidden_story(self) -> str:
        """What the role does not see, and the statement that changes that."""
        total = len(self.backends)
        of_what = f"{min(self.hidden, total)} of {total} connections" if total else "connections"
        return f"role {self.role} may not see {of_what}: {self.grant}"

    @property
    def role(self) -> str:
        """The asking role, quoted as SQL needs it."""
        return self.limits.role if self.limits else "CURRENT_USER"

    @property
    def grant(self) -> str:
        """The statement that lets the role see everything."""
        return " ".join(advice(self.role, 0, {Lack.VISIBILITY}))

    @property
    def backends(self) -> tuple[Backend, ...]:
        """Connections of the last look; empty when it was refused."""
        return () if isinstance(self.last.backends, Missing) else self.last.backends

    def previous(self) -> dict[int, Backend]:
        """Return the connections of the first look by pid."""
        rows = () if isinstance(self.first.backends, Missing) else self.first.backends
        return {backend.pid: backend for backend in rows}

    def chosen(self, condition: Callable[[Backend], bool]) -> tuple[list[Backend], list[Backend]]:
        """Return the connections that fulfil a condition, in the first and in the last look."""
        first = [backend for backend in self.previous().values() if condition(backend)]
        return first, [backend for backend in self.backends if condition(backend)]


def transaction_course(now: Backend, before: Backend | None) -> Course:
    """Say whether a session is still in the transaction in which it was, in another one, or in none."""
    if now.xact_start is None:
        return Course.NONE
    if before is not None and now.is_same_session(before) and now.xact_start == before.xact_start:
        return Course.UNCHANGED
    return Course.RENEWED


def state_course(now: Backend, before: Backend | None) -> Course:
    """Say whether a session has done anything in between."""
    stayed = before is not None and now.is_same_session(before) and now.state_change == before.state_change
    return Course.UNCHANGED if stayed else Course.RENEWED


def window(first: float, last: float, *, are_two: bool) -> Range | None:
    """Return the range over both samples, None when there was one."""
    return Range(lowest=min(first, last), highest=max(first, last), samples=2) if are_two else None


def labels(**values: str) -> Labels:
    """Return labels as parts carry them, sorted by name."""
    return tuple(sorted(values.items()))


def grouped(backends: Iterable[Backend], of: Callable[[Backend], Labels]) -> Sequence[Part]:
    """Count connections by their labels, most numerous first."""
    counts: dict[Labels, int] = {}
    for backend in backends:
        key = of(backend)
        counts[key] = counts.get(key, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [Part(labels=key, value=count) for key, count in ordered[:MAX_PARTS]]


def oldest(backends: Iterable[Backend], age: Callable[[Backend], float]) -> list[Part]:
    """Return the oldest few; statements by query_id (where the server computes it), never by their text."""
    chosen = sorted(backends, key=lambda backend: -age(backend))[:MAX_LISTED]
    return [Part(labels=_named(backend), value=age(backend)) for backend in chosen]


def _named(backend: Backend) -> Labels:
    query = {} if backend.query_id is None else {"query_id": str(backend.query_id)}
    return labels(
        pid=str(backend.pid),
        application=backend.application,
        client=backend.client,
        user=backend.user,
        state=backend.state or "unknown",
        **query,
    )


def _count(sample: Sample, condition: Callable[[Backend], bool]) -> int:
    if isinstance(sample.backends, Missing):
        return 0
    return sum(map(condition, sample.backends))
