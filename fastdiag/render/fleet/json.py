"""A fleet for scripts (`schema: 1`): keys may be added, never renamed; every key is always there."""

from __future__ import annotations

from typing import Final

from fastdiag import __version__
from fastdiag.model.fleet import Difference, Fleet, Group, Member, Oddity, Unread
from fastdiag.render.json import SCHEMA, Json, dump

_DIGITS: Final = 4


def render(fleet: Fleet) -> str:
    """Return the view as JSON; names stand in the order in which the snapshots were given."""
    return dump(
        {
            "schema": SCHEMA,
            "fastdiag": __version__,
            "status": fleet.status.value,
            "members": [_member(member) for member in fleet.members],
            "unread": [_unread(unread) for unread in fleet.unread],
            "groups": [_group(group) for group in fleet.groups],
            "causes": [
                {"id": cause.id, "title": cause.title, "members": list(cause.members)}
                for cause in fleet.causes
            ],
            "outliers": [_oddity(oddity) for oddity in fleet.oddities],
            "partly_seen": [
                {
                    "signals": list(one.signals),
                    "seen_by": list(one.seen_by),
                    "unseen_by": list(one.unseen_by),
                    "why": one.why,
                }
                for one in fleet.partly
            ],
            "sources": [_difference(one) for one in fleet.sources],
            "differences": [_difference(one) for one in fleet.differences],
        }
    )


def _member(member: Member) -> Json:
    diagnosis = member.diagnosis
    return {
        "name": member.name,
        "service": diagnosis.snapshot.service,
        "taken_at": diagnosis.snapshot.taken_at,
        "status": diagnosis.status.value,
        "conclusive": diagnosis.conclusive,
        "symptoms": [symptom.id for symptom in diagnosis.symptoms],
        "causes": [
            {"id": cause.id, "probability": round(cause.probability, _DIGITS), "verdict": cause.verdict.words}
            for cause in member.likely
        ],
        "sources": {state.name: state.status.value for state in diagnosis.snapshot.sources},
    }


def _unread(unread: Unread) -> Json:
    return {"name": unread.name, "error": unread.error, "hint": unread.hint}


def _group(group: Group) -> Json:
    return {
        "status": group.status.value,
        "cause": group.cause,
        "title": group.title,
        "probability": [round(group.low, _DIGITS), round(group.high, _DIGITS)] if group.cause else None,
        "members": list(group.members),
    }


def _oddity(oddity: Oddity) -> Json:
    return {
        "signal": oddity.signal,
        "unit": oddity.unit.value,
        "level": oddity.level.value,
        "compared": oddity.compared,
        "median": oddity.median,
        "score": round(oddity.score, _DIGITS),
        "crossed": list(oddity.crossed),
        "outliers": [
            {"member": one.member, "labels": dict(one.labels), "value": one.value} for one in oddity.outliers
        ],
    }


def _difference(difference: Difference) -> Json:
    return {
        "what": difference.what,
        "values": [{"value": value, "members": list(who)} for value, who in difference.values.items()],
    }
