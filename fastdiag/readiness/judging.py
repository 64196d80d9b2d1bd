"""From evidence to a verdict: what speaks against an item decides, and what is unknown never passes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from fastdiag.model.checklist import Answer, Attestation, Evidence, Item, Readiness
from fastdiag.readiness.facts import Facts

NOBODY: Final = Evidence(
    source="attestation", text="only a person can know it, and nobody vouches for it", speaks=None
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was found about an item.

    enough  whether it passes, as long as nothing speaks against it
    fix     what to do, where that is more to the point than what the checklist says
    """

    evidence: tuple[Evidence, ...]
    enough: bool
    fix: str = ""


def judge(item: Item, judged: Judged, facts: Facts) -> Answer:
    """Return the answer to an item.

    What was seen wins over what somebody vouches for; who knows better dismisses the finding at its place.
    """
    attestation = facts.attestations.get(item.id)
    vouched, is_valid = _vouched(attestation, facts.today)
    evidence = tuple(dict.fromkeys((*judged.evidence, *vouched)))
    against = any(one.speaks is False for one in judged.evidence)
    verdict = _verdict(against=against, enough=judged.enough, is_attested=is_valid)
    if verdict is Readiness.CANNOT_TELL and item.attest and attestation is None:
        evidence = (*evidence, NOBODY)
    return Answer(
        item=item,
        verdict=verdict,
        evidence=evidence,
        attestation=attestation,
        fix="" if verdict is Readiness.PASS else judged.fix or _fix(judged.evidence, facts) or item.fix,
    )


def _fix(evidence: Iterable[Evidence], facts: Facts) -> str:
    """Return what the findings that fail an item say to do, where they all say the same."""
    findings = [one.finding for one in evidence if one.speaks is False and one.finding is not None]
    own, common = {one.fix for one in findings}, {one.check for one in findings}
    if len(own) == 1 and (fix := own.pop()):
        return fix
    checks = [facts.checks[name].fix for name in common if name in facts.checks]
    return checks[0] if len(common) == 1 and checks else ""


def _verdict(*, against: bool, enough: bool, is_attested: bool) -> Readiness:
    if against:
        return Readiness.FAIL
    if enough:
        return Readiness.PASS
    return Readiness.ATTESTED if is_attested else Readiness.CANNOT_TELL


def _vouched(attestation: Attestation | None, today: str) -> tuple[tuple[Evidence, ...], bool]:
    """Return what an attestation says, and whether it holds today; ISO dates sort as they follow."""
    if attestation is None:
        return (), False
    note = f": {attestation.note}" if attestation.note else ""
    said = f"{attestation.owner} vouches for it since {attestation.date}, until {attestation.until}{note}"
    if attestation.until < today:
        why = (
            f"the attestation of {attestation.owner} ended on {attestation.until}: renew it in fastdiag.yaml"
        )
        return (Evidence(source="attestation", text=why, speaks=None),), False
    if attestation.date > today:
        why = f"the attestation of {attestation.owner} is dated {attestation.date}, which is still to come"
        return (Evidence(source="attestation", text=why, speaks=None),), False
    return (Evidence(source="attestation", text=said, speaks=True),), True


def is_true(evidence: Iterable[Evidence]) -> bool:
    """Whether there is evidence, and all of it speaks for the item."""
    told = tuple(evidence)
    return bool(told) and all(one.speaks is True for one in told)


def only_told(those: Iterable[Evidence], evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Return the evidence, of which ``those`` that speak against the item are told and do not count."""
    told = tuple(those)
    return tuple(
        replace(one, speaks=None) if one.speaks is False and one in told else one for one in evidence
    )
