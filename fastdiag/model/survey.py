"""What each source can tell of a service here and now, and what it would take to see more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastdiag.model.signal import Reason
from fastdiag.model.snapshot import SourceState

NO_ANSWER: Final = frozenset(
    {"db.unreachable", "db.connections.refused", "cache.unreachable", "queue.broker.unreachable"}
)
"""What is known of a server that lets nobody in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """Signals that a source did not yield, for one and the same reason."""

    reason: Reason
    detail: str
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something to grant, to set or to do so that a source tells more.

    do        SQL, a command or an option as it is to be typed; or a sentence
    is_exact  whether it can be typed as it stands
    why       what stands in the way as it is
    signals   what would be seen then and no source shows now
    """

    do: str
    is_exact: bool
    why: str
    signals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """One source: how it fared, where its address came from, what it yields and lacks."""

    state: SourceState
    origin: str | None
    yields: tuple[str, ...]
    lacks: tuple[Lack, ...]
    steps: tuple[Step, ...]

    @property
    def works(self) -> bool:
        """Whether it told anything but that it cannot be reached."""
        return not NO_ANSWER.issuperset(self.yields)

    @property
    def owed(self) -> int:
        """How many signals it might yield at best."""
        return len(self.yields) + sum(len(lack.signals) for lack in self.lacks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """All sources, in the order in which they are listed everywhere.

    config   the fastdiag.yaml that was used; None where there is none
    signals  how many signals the rule table knows that come from a source
    """

    service: str
    sources: tuple[Stock, ...]
    signals: int
    config: str | None = None
    notes: tuple[str, ...] = ()
    fastdiag: str = ""

    @property
    def seen(self) -> frozenset[str]:
        """Signals that at least one source yields."""
        return frozenset(signal for stock in self.sources for signal in stock.yields)
