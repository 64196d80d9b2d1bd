"""The figures of one measurement, kept in measured.json: places and numbers, no text of the sources."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tests.audit.real.routes import Route
from tests.audit.real.sample import Found
from tests.audit.real.tools import Alert

PATH: Final = Path(__file__).parent / "measured.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """So many findings of a check and a kind with this severity."""

    check: str
    kind: str
    severity: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """An alert of another tool, and whether a finding of ours is about the same call.

    sink  the place that the alert says is reached, where that is elsewhere
    """

    tool: str
    rule: str
    path: str
    line: int
    sink_path: str
    sink_line: int
    is_ours: bool

    @property
    def alert(self) -> Alert:
        """The alert by itself."""
        sink = (self.sink_path, self.sink_line)
        elsewhere = sink if sink != (self.path, self.line) else None
        return Alert(tool=self.tool, rule=self.rule, path=self.path, line=self.line, sink=elsewhere)

    @property
    def is_blocking(self) -> bool:
        """Whether its rule is about calls that block the event loop."""
        return self.rule.startswith("ASYNC2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What one application came to; ``only_ours`` counts blocking calls that no other tool has."""

    application: str
    files: int
    lines: int
    unread: int
    roots: int
    cold_s: float
    cached_s: float
    only_ours: int
    counts: tuple[Count, ...]
    theirs: tuple[Compared, ...]

    @property
    def findings(self) -> int:
        """How many findings of ours there are."""
        return sum(one.number for one in self.counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One measurement: every application, the findings that were drawn, the routes that were drawn."""

    versions: dict[str, str]
    applications: tuple[Summary, ...]
    sample: tuple[Found, ...]
    routes: tuple[Route, ...]


def counts(findings: tuple[Found, ...]) -> tuple[Count, ...]:
    """Return how many findings there are of each sort."""
    numbers = Counter((one.check, one.kind, one.severity) for one in findings)
    return tuple(
        Count(check=check, kind=kind, severity=severity, number=number)
        for (check, kind, severity), number in sorted(numbers.items())
    )


def write(record: Record, path: Path = PATH) -> None:
    """Keep a measurement."""
    path.write_text(json.dumps(asdict(record), indent=1) + "\n", encoding="utf-8")


def read(path: Path = PATH) -> Record:
    """Return the kept measurement."""
    document = json.loads(path.read_text(encoding="utf-8"))
    return Record(
        versions=document["versions"],
        applications=tuple(
            Summary(
                **{
                    **row,
                    "counts": tuple(Count(**one) for one in row["counts"]),
                    "theirs": tuple(Compared(**one) for one in row["theirs"]),
                }
            )
            for row in document["applications"]
        ),
        sample=tuple(Found(**row) for row in document["sample"]),
        routes=tuple(Route(**row) for row in document["routes"]),
    )
