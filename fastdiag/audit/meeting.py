"""Whether a line in which a running thread was caught is one that the audit speaks of."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from fastdiag.model.audit import CodePlace, Finding

_FRAME: Final = re.compile(r"(?P<file>.+):(?P<line>\d{1,9}) in (?P<function>.+)")


class Spot(NamedTuple):
    """A line of a running program: its file as seen from the program's working directory, or absolute."""

    file: str
    line: int


def spot_of(frame: str) -> Spot | None:
    """Return the line of `shop/pricing.py:42 in total`; None for what is no such text."""
    found = _FRAME.fullmatch(frame)
    return Spot(found["file"], int(found["line"])) if found else None


def meets(finding: Finding, spot: Spot) -> bool:
    """Whether a finding is about this line: the place itself, or a step of the chain that leads there."""
    places = (finding.place, *(step.place for step in finding.chain))
    return any(place.line == spot.line and is_same_file(place, spot) for place in places)


def is_same_file(place: CodePlace, spot: Spot) -> bool:
    """Whether two names may mean one file, although one folder lies below the other."""
    own, other = f"/{place.file.lstrip('/')}", f"/{spot.file.lstrip('/')}"
    return own.endswith(other) or other.endswith(own)
