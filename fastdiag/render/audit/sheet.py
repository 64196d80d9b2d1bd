"""What every surface of an audit is made of, and how its parts are ordered and said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from fastdiag.model.audit import Check, CodeAudit, CodePlace, Confidence, Dismissal, Finding, Severity
from fastdiag.render.words import count, duration, listed

WORST_FIRST: Final = (Severity.CRITICAL, Severity.WARNING, Severity.NOTE)
_SUREST_FIRST: Final = (Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE)
_PLURALS: Final = {
    Severity.CRITICAL: "critical",
    Severity.WARNING: "warnings",
    Severity.NOTE: "notes",
}
_SET_ASIDE: Final = {Dismissal.COMMENT: "by comments in the code", Dismissal.BASELINE: "by the baseline"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """An audit with what it takes to show it.

    checks    the kinds of findings by id
    base      what stands before the audit's file names so that they can be opened from here; may be empty
    excerpts  lines of source, each with the number of its characters before the caret
    """

    audit: CodeAudit
    checks: Mapping[str, Check]
    base: str = ""
    excerpts: Mapping[CodePlace, tuple[str, int]] = field(default_factory=dict)

    def path(self, file: str) -> str:
        """Return the name under which a file can be opened from here."""
        if file == ".":
            return self.base or file
        return f"{self.base}/{file}" if self.base else file

    def at(self, place: CodePlace) -> str:
        """Return `path:line:column`, which terminals and editors open."""
        numbers = (str(number) for number in (place.line, place.column) if number)
        return ":".join((self.path(place.file), *numbers))

    def here(self, place: CodePlace) -> CodePlace:
        """Return a place with the name under which its file can be opened from here."""
        return place._replace(file=self.path(place.file))

    def line(self, place: CodePlace) -> str:
        """Return `path:line`."""
        return str(self.here(place))

    def title(self, check: str) -> str:
        """Return the title of a check."""
        return self.checks[check].title if check in self.checks else check


def groups(findings: Iterable[Finding], checks: Mapping[str, Check]) -> Iterator[list[Finding]]:
    """Yield findings of one check and severity together: the worst first, then as the table has them.

    Within a group the surest ones come first.
    """
    order = {name: position for position, name in enumerate(checks)}

    def key(finding: Finding) -> tuple[int, int, str]:
        rank = WORST_FIRST.index(finding.severity)
        return rank, order.get(finding.check, len(order)), finding.check

    ranked = sorted(findings, key=lambda one: (*key(one), _SUREST_FIRST.index(one.confidence), one.place))
    for _, group in groupby(ranked, key=key):
        yield list(group)


def summary(findings: Iterable[Finding]) -> str:
    """Return `3 critical, 1 warning and 2 notes`, or `nothing found`."""
    numbers = Counter(finding.severity for finding in findings)
    said = [
        count(numbers[severity], severity.value, _PLURALS[severity])
        for severity in WORST_FIRST
        if numbers[severity]
    ]
    return listed(said) or "nothing found"


def headline(audit: CodeAudit) -> str:
    """Return what was found, and that it may not be all."""
    missed = f"; {len(audit.unread)} not analysed" if audit.unread else ""
    return f"{summary(audit.findings)}{missed}"


def extent(audit: CodeAudit) -> str:
    """Return what was looked at, and at what cost."""
    looked = [count(audit.files, "file"), f"{audit.lines:,} lines"]
    if routes := sum(root.kind == "route" for root in audit.roots):
        looked.append(count(routes, "route"))
    kept = ", unchanged since the last audit" if audit.from_cache else ""
    return f"{', '.join(looked)}; {duration(audit.seconds)}{kept}; nothing was imported or run"


def set_aside(audit: CodeAudit) -> str:
    """Return how many findings do not count, and why; empty when all do."""
    numbers = Counter(one.by for one in audit.dismissed)
    said = (f"{numbers[by]} {words}" for by, words in _SET_ASIDE.items() if numbers[by])
    return listed(list(said))
