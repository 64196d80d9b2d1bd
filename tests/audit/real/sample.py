"""Which findings are read by hand, and what the verdicts say about all of them.

Of each stratum (application, check and kind) about the square root of its findings is drawn, so that one
check does not fill the sample and none is passed over. A finding's turn is decided by a hash of its
fingerprint and a fixed seed: the draw can be repeated, and a mended check changes only its own part of it.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

SEED: Final = "fastdiag audit, first sample"
Z: Final = 1.959964
"""Of the normal distribution: an interval that holds the true share 95 times of 100."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A finding without any text of the source that it is in."""

    application: str
    check: str
    kind: str
    severity: str
    confidence: str
    path: str
    line: int
    fingerprint: str

    @property
    def stratum(self) -> tuple[str, str, str]:
        """What it is drawn with."""
        return self.application, self.check, self.kind


def draw(findings: Iterable[Found]) -> list[Found]:
    """Return the sample, ordered by stratum and place."""
    strata: defaultdict[tuple[str, str, str], list[Found]] = defaultdict(list)
    for finding in findings:
        strata[finding.stratum].append(finding)
    return [one for _, members in sorted(strata.items()) for one in _some(members)]


def _some(members: Sequence[Found]) -> list[Found]:
    chosen = sorted(members, key=lambda one: turn(one.application, one.fingerprint))
    return sorted(
        chosen[: math.ceil(math.sqrt(len(members)))], key=lambda one: (one.path, one.line, one.fingerprint)
    )


def turn(*name: str) -> str:
    """Return a word by which to sort things into a random but fixed order."""
    return hashlib.sha256(":".join((SEED, *name)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with Wilson's interval."""

    part: int
    whole: int

    @property
    def interval(self) -> tuple[float, float]:
        """The bounds between which the true share lies with 95 % confidence."""
        if not self.whole:
            return 0.0, 1.0
        share, square = self.part / self.whole, Z * Z
        middle = share + square / (2 * self.whole)
        reach = Z * math.sqrt(share * (1 - share) / self.whole + square / (4 * self.whole**2))
        scale = 1 + square / self.whole
        return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)

    def __str__(self) -> str:
        low, high = self.interval
        percent = f"{self.part / self.whole:.1%}" if self.whole else "-"
        return f"{self.part} of {self.whole} ({percent}; 95 % interval {low:.1%} to {high:.1%})"
