"""`fastdiag coverage -f json` (`schema: 1`): keys may be added, never renamed; every key is always there."""

from __future__ import annotations

from fastdiag import __version__
from fastdiag.model.checklist import Coverage, Evidence, Seen, Sight
from fastdiag.render.json import SCHEMA, Json, dump


def render(coverage: Coverage) -> str:
    """Return the answers as JSON. The same coverage yields the same bytes; no byte acts on a terminal."""
    return dump(
        {
            "schema": SCHEMA,
            "fastdiag": __version__,
            "service": coverage.service,
            "taken_at": coverage.taken_at,
            "total": len(coverage.items),
            "visible": coverage.visible,
            "not_visible": _number(coverage, Sight.NOT_VISIBLE),
            "cannot_tell": _number(coverage, Sight.CANNOT_TELL),
            "items": [_item(seen) for seen in coverage.items],
            "sources": dict(coverage.sources),
            "notes": list(coverage.notes),
        }
    )


def _number(coverage: Coverage, sight: Sight) -> int:
    return sum(seen.sight is sight for seen in coverage.items)


def _item(seen: Seen) -> Json:
    return {
        "id": seen.item.id,
        "title": seen.item.title,
        "group": seen.item.group,
        "sight": seen.sight.value,
        "by": list(seen.by),
        "age_s": None if seen.age_s is None else round(seen.age_s, 3),
        "qualities": [{"text": one.text, "good": one.is_good} for one in seen.qualities],
        "evidence": [_evidence(one) for one in seen.evidence],
        "add": seen.add or None,
        "add_to": seen.add_to or None,
        "obtain": seen.item.obtain,
        "why": seen.item.why,
        "references": list(seen.item.references),
    }


def _evidence(evidence: Evidence) -> Json:
    return {
        "source": evidence.source,
        "text": evidence.text,
        "speaks": evidence.speaks,
        "signal": evidence.signal or None,
    }
