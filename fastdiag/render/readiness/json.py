"""The checklist for scripts (`schema: 1`). Keys may be added, never renamed; every key is always there."""

from __future__ import annotations

from fastdiag.model.audit import CodePlace
from fastdiag.model.checklist import Answer, Attestation, Evidence
from fastdiag.model.readiness import Checkup
from fastdiag.render.json import SCHEMA, Json, dump, source
from fastdiag.render.readiness import words


def render(checkup: Checkup) -> str:
    """Return the checklist as JSON."""
    return dump(document(checkup))


def document(checkup: Checkup) -> dict[str, Json]:
    """Return the object that ``render`` writes, for documents that hold it as a part."""
    return {
        "schema": SCHEMA,
        "fastdiag": checkup.fastdiag,
        "service": checkup.service,
        "taken_at": checkup.taken_at,
        "folder": checkup.folder or None,
        "summary": {verdict.value: len(checkup.with_verdict(verdict)) for verdict in words.ORDER},
        "items": [_answer(one) for one in checkup.answers],
        "sources": [source(state) for state in checkup.sources],
        "notes": list(checkup.notes),
    }


def _answer(one: Answer) -> Json:
    return {
        "id": one.item.id,
        "title": one.item.title,
        "group": one.item.group,
        "verdict": one.verdict.value,
        "why": one.item.why,
        "evidence": [_evidence(evidence) for evidence in one.evidence],
        "attestation": _attestation(one.attestation),
        "fix": one.fix or None,
        "obtain": one.item.obtain,
        "references": list(one.item.references),
    }


def _evidence(one: Evidence) -> Json:
    return {
        "source": one.source,
        "text": one.text,
        "speaks": {True: "for", False: "against", None: "unknown"}[one.speaks],
        "signal": one.signal or None,
        "place": _place(one.place),
        "check": one.finding.check if one.finding else None,
        "fingerprint": one.finding.fingerprint if one.finding else None,
    }


def _place(place: CodePlace | None) -> Json:
    if place is None:
        return None
    return {"file": place.file, "line": place.line or None, "column": place.column or None}


def _attestation(one: Attestation | None) -> Json:
    if one is None:
        return None
    return {
        "owner": one.owner,
        "date": one.date,
        "until": one.until,
        "note": one.note or None,
        "where": one.where or None,
    }
