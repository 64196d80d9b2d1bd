"""How much the flight recorder takes and keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HOUR_S: Final = 3600.0
DAY_S: Final = 86400.0
MIB_BYTES: Final = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is recorded, and how much of it is kept. All of them hold for one directory.

    snapshots, bytes, age_s  what is kept at most; the oldest go first, the newest stays however old it is
    gap_s     a trigger that comes so soon after the last snapshot is covered by that one
    repeat_s  the same trigger takes no other snapshot for so long
    per_hour  snapshots within an hour, whatever triggers them: each asks every source
    """

    snapshots: int = 200
    bytes: int = 256 * MIB_BYTES
    age_s: float = 30 * DAY_S
    gap_s: float = 60.0
    repeat_s: float = 900.0
    per_hour: int = 12

    @property
    def memory_s(self) -> float:
        """For how long what was taken bears on what may be taken."""
        return max(HOUR_S, self.gap_s, self.repeat_s)
