"""What the audit of the source code says about an item."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from fastdiag.model.audit import Confidence, Dismissed, Finding, Severity
from fastdiag.model.checklist import Evidence, Item
from fastdiag.readiness.facts import Facts
from fastdiag.render.words import count

CODE: Final = "code"
MAX_FINDINGS: Final = 5
"""Of one item; the audit itself lists them all."""
_RANK: Final = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.NOTE: 2}
NOT_AUDITED: Final = Evidence(
    source=CODE, text="the code was not audited: fastdiag audit PATH --live", speaks=None
)


def speaks(finding: Finding) -> bool | None:
    """Return False for a finding that fails an item; None for a remark, and for what is only possible."""
    is_sure = finding.confidence is not Confidence.POSSIBLE
    return False if is_sure and finding.severity is not Severity.NOTE else None


def of_findings(facts: Facts, item: Item, findings: Iterable[Finding] | None = None) -> tuple[Evidence, ...]:
    """Return the findings that bear on an item, the gravest first, or that there are none."""
    if facts.code is None:
        return (NOT_AUDITED,)
    chosen = facts.findings_of(item) if findings is None else tuple(findings)
    ordered = sorted(chosen, key=lambda one: (speaks(one) is None, _RANK[one.severity], one.place))
    told = tuple(map(_told, ordered[:MAX_FINDINGS]))
    return (*told, *_more(ordered), *_accepted(facts, item), *_gaps(facts), *_nothing(facts, chosen))


def is_clean(facts: Facts, findings: Iterable[Finding]) -> bool:
    """Whether the code was read as a whole, and nothing but remarks was found."""
    if facts.code is None or not facts.code.roots or facts.code.unread:
        return False
    return all(finding.severity is Severity.NOTE for finding in findings)


def _told(finding: Finding) -> Evidence:
    doubt = "" if finding.confidence is Confidence.CERTAIN else f" ({finding.confidence})"
    route = finding.chain[0].text if finding.chain else ""
    told = f", reached from {route}" if route and route not in finding.message else ""
    text = f"{finding.message}{told}{doubt}"
    return Evidence(source=CODE, text=text, speaks=speaks(finding), place=finding.place, finding=finding)


def _more(ordered: list[Finding]) -> Iterator[Evidence]:
    left = ordered[MAX_FINDINGS:]
    if left:
        text = f"and {len(left)} more of the kind: fastdiag audit lists them"
        yield Evidence(source=CODE, text=text, speaks=speaks(left[0]))


def _accepted(facts: Facts, item: Item) -> Iterator[Evidence]:
    wanted = facts.checks_of(item)
    dismissed = [one for one in (facts.code.dismissed if facts.code else ()) if one.finding.check in wanted]
    for one in dismissed[:MAX_FINDINGS]:
        yield Evidence(source=CODE, text=_reasoned(one), speaks=True, place=one.finding.place)
    if len(dismissed) > MAX_FINDINGS:
        text = f"and {len(dismissed) - MAX_FINDINGS} more that somebody has accepted"
        yield Evidence(source=CODE, text=text, speaks=True)


def _reasoned(one: Dismissed) -> str:
    return f"accepted by {one.by}{f': {one.reason}' if one.reason else ''} ({one.finding.check})"


def _gaps(facts: Facts) -> Iterator[Evidence]:
    """Say what keeps the audit from telling that there is nothing."""
    unread = facts.code.unread if facts.code else ()
    if unread:
        others = f", and {len(unread) - 1} more" if len(unread) > 1 else ""
        text = f"not all of the code could be read: {unread[0].place}: {unread[0].reason}{others}"
        yield Evidence(source=CODE, text=text, speaks=None)
    if facts.code and not facts.code.roots:
        text = f"no route of FastAPI was found in {facts.code.folder}"
        yield Evidence(source=CODE, text=text, speaks=None)


def _nothing(facts: Facts, findings: tuple[Finding, ...]) -> Iterator[Evidence]:
    if facts.code and is_clean(facts, findings):
        files, roots = count(facts.code.files, "file"), count(len(facts.code.roots), "entry point")
        what = f"nothing but {count(len(findings), 'remark')}" if findings else "nothing of the kind"
        text = f"{what} in {files}, {roots}"
        yield Evidence(source=CODE, text=text, speaks=True)
