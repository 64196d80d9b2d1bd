"""The figures of one measurement, kept in measured.json: places and numbers, no text of the sources."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from tests.audit.real.measure import Measured
from tests.audit.real.routes import Route
from tests.audit.real.sample import Found, draw
from tests.audit.real.tools import Alert

PATH: Final = Path(__file__).parent / "measured.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All applications; ``rows`` counts findings by (application, check, kind, severity)."""

    versions: dict[str, str]
    applications: tuple[Measured, ...]
    routes: tuple[Route, ...]
    strata: dict[tuple[str, str, str], int]
    sample: tuple[Found, ...]


def record(versions: dict[str, str], measured: list[Measured], routes: list[Route]) -> Record:
    """Draw the sample, and leave of the findings what is counted."""
    found = [finding for one in measured for finding in one.findings]
    strata: dict[tuple[str, str, str], int] = {}
    for finding in found:
        strata[finding.stratum] = strata.get(finding.stratum, 0) + 1
    return Record(
        versions=versions,
        applications=tuple(measured),
        routes=tuple(routes),
        strata=strata,
        sample=tuple(draw(found)),
    )


def write(kept: Record, path: Path = PATH) -> None:
    """Keep a measurement."""
    document = {
        "versions": kept.versions,
        "applications": [
            {**asdict(one), "findings": [_brief(finding) for finding in one.findings]}
            for one in kept.applications
        ],
        "routes": [asdict(one) for one in kept.routes],
        "sample": [asdict(one) for one in kept.sample],
    }
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _brief(finding: Found) -> list[str]:
    return [finding.check, finding.kind, finding.severity]
