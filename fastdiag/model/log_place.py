"""Where the lines of a log come from, as somebody named it or it was found. Nothing in it is secret."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFile:
    """A regular file; ``name`` is what its writer calls it, which in a container is not our path to it.

    ``is_live``: the service was seen to write it, so that it is no copy of what was written elsewhere.
    """

    path: Path
    name: str
    is_live: bool = False

    @property
    def spec(self) -> str | None:
        """How it is written after --log; None for what only its writer can name."""
        return self.name if str(self.path) == self.name else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogUnit:
    """What the journal of systemd keeps of a unit; ``is_user``: of one that a user's own manager runs."""

    unit: str
    is_user: bool = False

    @property
    def spec(self) -> str:
        """How it is written after --log."""
        return f"{'user-' if self.is_user else ''}journal:{self.unit}"


@dataclass(frozen=True, slots=True)
class LogStdin:
    """What is piped into us."""

    @property
    def spec(self) -> None:
        """It can be kept nowhere: it is there once."""
        return


@dataclass(frozen=True, slots=True, kw_only=True)
class LokiQuery:
    """Lines that a query in LogQL finds on the target's Loki server."""

    query: str

    @property
    def spec(self) -> str:
        """How it is written after --log, beside the server."""
        return f"loki:{self.query}"


LogStore = LogUnit | LokiQuery
"""What knows the time of each line, and so can be asked about another moment than now."""
LogPlace = LogFile | LogStdin | LogStore
