"""What every surface of an audit is made of, and how its parts are ordered and said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from fastdiag.model.audit import Check, CodeAudit, CodePlace, Confidence, Dismissal, Finding, Severity
from fastdiag.model.sinks import SinkKind
from fastdiag.render.words import count, duration, listed

WORST_FIRST: Final = (Severity.CRITICAL, Severity.WARNING, Severity.NOTE)
MANY: Final = 40
"""Findings from which on nobody reads them one after the other: an overview stands above them."""
BLOCKING: Final = "blocking-call"
"""The check whose findings are told by their kinds: each waits for something else and has its own cure."""
_SUREST_FIRST: Final = (Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE)
STYLES: Final = {Severity.CRITICAL: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}
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
    kinds     the kinds of blocking calls by id
    """

    audit: CodeAudit
    checks: Mapping[str, Check]
    base: str = ""
    excerpts: Mapping[CodePlace, tuple[str, int]] = field(default_factory=dict)
    kinds: Mapping[str, SinkKind] = field(default_factory=dict)

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

    def kind(self, finding: Finding) -> SinkKind | None:
        """Return what a blocking call waits for; None for findings of other checks."""
        return self.kinds.get(finding.kind) if finding.check == BLOCKING else None

    def heading(self, finding: Finding) -> str:
        """Return what stands over the findings of its check and kind."""
        kind, title = self.kind(finding), self.title(finding.check)
        return f"{title}: it {kind.title}" if kind else title

    def mechanism(self, finding: Finding) -> str:
        """Return why such a finding hurts: by its kind, where it has one."""
        told = self.kind(finding) or self.checks.get(finding.check)
        return told.mechanism if told else ""

    def fix(self, finding: Finding) -> str:
        """Return what to do about findings of its check and kind; a finding may know better."""
        told = self.kind(finding) or self.checks.get(finding.check)
        return told.fix if told else ""


def groups(sheet: Sheet) -> Iterator[list[Finding]]:
    """Yield findings of one check, kind and severity together: the worst first, then as the table has them.

    Within a group the surest ones come first.
    """
    checks = {name: position for position, name in enumerate(sheet.checks)}
    kinds = {name: position for position, name in enumerate(sheet.kinds)}

    def key(finding: Finding) -> tuple[int, int, str, int]:
        rank = WORST_FIRST.index(finding.severity)
        kind = kinds[finding.kind] if sheet.kind(finding) else len(kinds)
        return rank, checks.get(finding.check, len(checks)), finding.check, kind

    findings = sheet.audit.findings
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
    """Return what was found, and that it may not be all; nothing is found in nothing."""
    missed = f"; {len(audit.unread)} not analysed" if audit.unread else ""
    found = summary(audit.findings) if audit.files or audit.findings else "no Python file to look at"
    return f"{found}{missed}"


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
