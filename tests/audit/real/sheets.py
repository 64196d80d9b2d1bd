"""What was read by hand: verdicts on findings, on what others find and we do not, and on whole routes.

read.yaml    a verdict on every finding that was ever drawn; ``draws`` are the rounds that it was drawn in
others.yaml  why an alert of another tool has no finding of ours
routes.yaml  routes that were read in full, and which faults there the audit misses
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import yaml

HERE: Final = Path(__file__).parent


class Verdict(StrEnum):
    """Whether a finding is right: what it says of the code is true, and worth the severity that it has."""

    RIGHT = "right"
    WRONG = "wrong"
    DEBATABLE = "debatable"


class Reason(StrEnum):
    """Why there is no finding where another tool alerts."""

    OFF_THE_PATH = "not on a request path"
    OFFLOADED = "offloaded"
    CHEAP = "cheap"
    ELSEWHERE = "found at another line"
    WRONG = "the alert is wrong"
    MISSED = "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One finding, read."""

    application: str
    check: str
    path: str
    line: int
    fingerprint: str
    verdict: Verdict
    why: str
    draws: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """An alert of other tools without a finding of ours; ``lines`` are all that the sentence holds for."""

    application: str
    path: str
    lines: tuple[int, ...]
    reason: Reason
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRoute:
    """A route that was read with all that it calls, and the faults on its way.

    found   those that the audit told when it was read
    mended  those that it missed then, and has told since a check was mended for them
    missed  those that it does not tell
    """

    application: str
    path: str
    line: int
    function: str
    found: tuple[str, ...]
    mended: tuple[str, ...]
    missed: tuple[str, ...]
    note: str


def readings(path: Path = HERE / "read.yaml") -> list[Reading]:
    """Return the verdicts on findings."""
    return [
        Reading(**{**row, "verdict": Verdict(row["verdict"]), "draws": tuple(row["draws"])})
        for row in _rows(path)
    ]


def others(path: Path = HERE / "others.yaml") -> list[Other]:
    """Return why alerts of other tools have no finding of ours."""
    return [
        Other(**{**row, "reason": Reason(row["reason"]), "lines": tuple(row["lines"])}) for row in _rows(path)
    ]


def read_routes(path: Path = HERE / "routes.yaml") -> list[ReadRoute]:
    """Return the routes that were read in full."""
    return [
        ReadRoute(
            **{
                "note": "",
                **row,
                "found": tuple(row.get("found", ())),
                "mended": tuple(row.get("mended", ())),
                "missed": tuple(row.get("missed", ())),
            }
        )
        for row in _rows(path)
    ]


def _rows(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] | None = yaml.safe_load(path.read_text(encoding="utf-8"))
    return rows or []
