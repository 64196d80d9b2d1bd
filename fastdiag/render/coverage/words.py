"""What the screens and documents of `fastdiag coverage` say alike."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Final

from fastdiag.model.checklist import Coverage, Seen, Sight
from fastdiag.model.quantity import Unit, format_value

UNKNOWN: Final = "unknown"
CHANGED_NOTHING: Final = "only read, and changed nothing"
MAX_EVIDENCE: Final = 2
"""Reasons that are shown of an item unless more is asked for."""


@dataclass(frozen=True, slots=True)
class Addition:
    """Lines to add, where, and the items that they make visible or mend."""

    add_to: str
    lines: str
    items: tuple[Seen, ...]


def summary(coverage: Coverage) -> str:
    """Return `7 of 12 observability items of shop are visible, 3 are not, 2 cannot be told`."""
    total = len(coverage.items)
    whose = f" of {coverage.service}" if coverage.service != UNKNOWN else ""
    parts = [f"{coverage.visible} of {total} observability items{whose} are visible"]
    for sight, one, several in (
        (Sight.NOT_VISIBLE, "1 is not", "{} are not"),
        (Sight.CANNOT_TELL, "1 cannot be told", "{} cannot be told"),
    ):
        number = sum(seen.sight is sight for seen in coverage.items)
        if number:
            parts.append(one if number == 1 else several.format(number))
    return ", ".join(parts)


def grouped(coverage: Coverage) -> tuple[tuple[str, tuple[Seen, ...]], ...]:
    """Return the items under their headings, in the order of the checklist."""
    groups = groupby(coverage.items, key=lambda seen: seen.item.group)
    return tuple((name, tuple(items)) for name, items in groups)


def additions(coverage: Coverage) -> tuple[Addition, ...]:
    """Return what to add, each once: what makes most items visible first, then what only mends."""
    found: dict[tuple[str, str], list[Seen]] = {}
    for seen in coverage.items:
        if seen.add:
            found.setdefault((seen.add_to, seen.add), []).append(seen)
    together = [Addition(add_to, lines, tuple(items)) for (add_to, lines), items in found.items()]
    return tuple(sorted(together, key=lambda one: (-len(gains(one)), -len(one.items))))


def gains(addition: Addition) -> tuple[Seen, ...]:
    """Return the items that are not visible without these lines."""
    return tuple(seen for seen in addition.items if seen.sight is not Sight.VISIBLE)


def purpose(addition: Addition) -> str:
    """Return `shows connection-pool usage; betters p95 and p99 latency`."""
    shown = gains(addition)
    bettered = tuple(seen for seen in addition.items if seen not in shown)
    parts = [
        f"{verb} {', '.join(seen.item.title for seen in those)}"
        for verb, those in (("shows", shown), ("betters", bettered))
        if those
    ]
    return "; ".join(parts)


def seen_by(seen: Seen) -> str:
    """Return what shows an item, and how fresh it is; nothing where nothing does."""
    if not seen.by:
        return ""
    age = f", {format_value(seen.age_s, Unit.SECONDS)} old" if seen.age_s else ""
    return f"{', '.join(seen.by)}{age}"


def concerns(seen: Seen) -> tuple[str, ...]:
    """Return what is not good about what is seen."""
    return tuple(quality.text for quality in seen.qualities if not quality.is_good)


def merits(seen: Seen) -> tuple[str, ...]:
    """Return what is good about it."""
    return tuple(quality.text for quality in seen.qualities if quality.is_good)


def reasons(seen: Seen, *, in_full: bool) -> tuple[str, ...]:
    """Return why an item stands as it does: `prometheus, scrape: has none of ...`; what is alike once."""
    sources: dict[str, list[str]] = {}
    for one in seen.evidence:
        sources.setdefault(one.text, []).append(one.source)
    told = tuple(f"{', '.join(dict.fromkeys(names))}: {text}" for text, names in sources.items())
    return told if in_full else told[:MAX_EVIDENCE]


def looked_at(coverage: Coverage) -> str:
    """Return `prometheus ok; scrape ok; logs skipped: no log is known`."""
    return "; ".join(f"{name} {how}" for name, how in coverage.sources.items())
