"""What every rendering of the checklist says in the same words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from fastdiag.model.checklist import Answer, Evidence, Readiness
from fastdiag.model.readiness import Checkup
from fastdiag.model.snapshot import SourceStatus
from fastdiag.render.words import moment

MAX_SHOWN: Final = 3
"""Evidence beside an item, unless all of it is wanted."""
ORDER: Final = (Readiness.PASS, Readiness.FAIL, Readiness.ATTESTED, Readiness.CANNOT_TELL)
MARKS: Final[Mapping[bool | None, str]] = {True: "+", False: "-", None: "?"}
"""For the item, against it, and what could not be told."""
UNSEEN: Final = "and nothing of the running service"
_SEEN: Final = (SourceStatus.OK, SourceStatus.PARTIAL)
ATTESTATION: Final = "attestation"
"""Whoever vouched is always named: also where what was seen says otherwise."""
_DECIDES: Final[Mapping[Readiness, bool | None]] = {
    Readiness.PASS: True,
    Readiness.FAIL: False,
    Readiness.ATTESTED: True,
    Readiness.CANNOT_TELL: None,
}


def headline(checkup: Checkup) -> str:
    """Return `7 of 25 pass, 9 fail, 2 attested, 7 cannot tell`."""
    numbers = {verdict: len(checkup.with_verdict(verdict)) for verdict in ORDER}
    rest = [f"{number} {verdict}" for verdict, number in numbers.items() if number and verdict != "pass"]
    return ", ".join((f"{numbers[Readiness.PASS]} of {len(checkup.answers)} pass", *rest))


def looked_at(checkup: Checkup) -> str:
    """Return what the answers are about, and when it was looked at."""
    code = f"code in {checkup.folder}" if checkup.folder else "no code"
    seen = "" if not checkup.sources or any(one.status in _SEEN for one in checkup.sources) else f", {UNSEEN}"
    return f"{checkup.service}, {moment(checkup.taken_at)}, {code}{seen}"


def groups(checkup: Checkup) -> Iterator[tuple[str, list[Answer]]]:
    """Yield the answers under their headings, in the order of the checklist."""
    for name, answers in groupby(checkup.answers, key=lambda answer: answer.item.group):
        yield name, list(answers)


def telling(answer: Answer, *, verbose: bool) -> Sequence[Evidence]:
    """Return the evidence to show: what decides before the rest, and little of it unless all is wanted."""
    decides = _DECIDES[answer.verdict]
    ordered = sorted(answer.evidence, key=lambda one: one.speaks is not decides)
    if verbose:
        return ordered
    deciding = [one for one in ordered if one.speaks is decides][:MAX_SHOWN]
    overruled = (one for one in ordered if one.source == ATTESTATION and one not in deciding)
    return [*deciding, *overruled]


def said(evidence: Evidence) -> str:
    """Return one piece of evidence with where it is from: `code, app/api.py:12: requests.get ...`."""
    place = f", {evidence.place}" if evidence.place else ""
    return f"{evidence.source}{place}: {evidence.text}"


def to_do(answer: Answer) -> tuple[str, str] | None:
    """Return what there is to do, and the word before it; None where nothing is."""
    match answer.verdict:
        case Readiness.FAIL:
            return "fix", answer.fix
        case Readiness.CANNOT_TELL:
            return "see", answer.item.obtain
        case Readiness.PASS | Readiness.ATTESTED:
            return None


def attest_hint(checkup: Checkup) -> str:
    """Return how to vouch for what no machine sees; empty where nothing waits for that."""
    waiting = [one.item.id for one in checkup.with_verdict(Readiness.CANNOT_TELL) if one.item.attest]
    if not waiting:
        return ""
    day = checkup.taken_at[:10]
    keys = ("owner: TEAM", f"date: {day}", "until: DATE", "note: HOW IT IS KNOWN")
    return "\n    ".join((f"attest:\n  {waiting[0]}:", *keys))
