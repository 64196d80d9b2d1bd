"""Who vouches for readiness items that no machine can see, as fastdiag.yaml says it.

attest:
  spikes-tested: {owner: payments team, date: 2026-11-01, until: 2027-05-01, note: k6 at ten times}
"""

from __future__ import annotations

from datetime import date
from typing import Final

from fastdiag.located.fields import Fields, Shape
from fastdiag.located.located_yaml import Node
from fastdiag.located.problems import Problems
from fastdiag.located.readers import read_entries, read_text
from fastdiag.model.checklist import Attestation

ATTEST: Final = "attest"
_SHAPE: Final = Shape("an attestation", ("owner", "date", "until"), ("note",))
_EXAMPLE: Final = "write it as 2026-11-30"


def read_attestations(fields: Fields, problems: Problems) -> tuple[Attestation, ...]:
    """Read the key `attest`, a mapping of items; that they exist is checked where the checklist is known."""
    node = fields.get(ATTEST)
    entries = read_entries(node, repr(ATTEST), problems) if node else ()
    return tuple(_read(key.text, value, str(key.place), problems) for key, value in entries)


def _read(item: str, node: Node, where: str, problems: Problems) -> Attestation:
    fields = Fields(node, _SHAPE, problems)
    since, until = fields.read("date", _read_day), fields.read("until", _read_day)
    if since and until and until < since and (place := fields.get("until")):
        problems.note(place.place, f"'until' {until} is before 'date' {since}: it would never hold")
    return Attestation(
        item=item,
        owner=fields.text("owner"),
        date=str(since or ""),
        until=str(until or ""),
        note=fields.text("note"),
        where=where,
    )


def _read_day(node: Node, what: str, problems: Problems) -> date | None:
    text = read_text(node, what, problems)
    if text is None:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or str(found) != text:  # 20261130 and 2026-W48-1 are ISO, too
        problems.note(node.place, f"{what} is {text!r}, which is no date", _EXAMPLE)
        return None
    return found
