"""Numbers and lists as a person says them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from fastdiag.model.diagnosis import RankedCause, Verdict

_NAMES: Final = frozenset(
    (
        "AnyIO",
        "Celery",
        "FastAPI",
        "Gunicorn",
        "PgBouncer",
        "PostgreSQL",
        "Prometheus",
        "Python",
        "RabbitMQ",
        "Redis",
        "Uvicorn",
    )
)
_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z")
_COMPARED: Final = re.compile(r" (?=[<>=!]=? |[<>] )")
UNPROVEN: Final = "no live incident has shown this rule to be right yet"
"""Beside a cause whose strong evidence no recorded incident has brought about."""
_DENIED: Final = "not seen: "
_PARAMETER: Final = re.compile(r"\$([A-Za-z_]\w*)")
_CLEARLY: Final = 0.15
"""The margin of ``Diagnosis.conclusive``: smaller differences decide nothing."""
_ADVERBS: Final = {
    Verdict.VERY_LIKELY: "very likely",
    Verdict.LIKELY: "likely",
    Verdict.POSSIBLE: "possibly",
    Verdict.UNLIKELY: "hardly",
    Verdict.RULED_OUT: "not",
}


def adverb(verdict: Verdict) -> str:
    """Return the verdict as it stands in a sentence: `possibly the pool is exhausted`."""
    return _ADVERBS[verdict]


def percent(probability: float) -> str:
    """Return a probability in whole percent; certainty is claimed only where it is exact."""
    if 0 < probability < 0.01:  # noqa: PLR2004 - what would round to "certainly not"
        return "<1%"
    if 0.99 < probability < 1:  # noqa: PLR2004 - what would round to "certainly"
        return ">99%"
    return f"{probability * 100:.0f}%"


def span(low: float, high: float) -> str:
    """Return a range of probabilities: `(71-97%)`; nothing where it is no range."""
    lowest, highest = round(low * 100), round(high * 100)
    if highest == 100 and high < 1:  # noqa: PLR2004 - as above: no certainty that is none
        highest = 99
    return f"({lowest}-{highest}%)" if lowest < highest else ""


def sureness(cause: RankedCause) -> str:
    """Return how likely a cause is at work, and how likely as the root where that is clearly less.

    `93% (71-97%)`, or `95%, as the root 40% (3-97%)`: the range is that of the root, over what is unknown.
    """
    return f"{likelihood(cause.probability, cause.root)} {span(cause.low, cause.high)}".strip()


def likelihood(probability: float, root: float) -> str:
    """Return `93%`, or `95%, as the root 40%`: how likely a cause is at work, and how likely as the root."""
    likely = percent(probability)
    return f"{likely}, as the root {percent(root)}" if probability - root >= _CLEARLY else likely


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return `1 signal`, `12 signals`."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def listed(items: Sequence[str], conjunction: str = "and", *, at_most: int | None = None) -> str:
    """Return `a`, `a and b`, `a, b and c`; beyond ``at_most`` items `a, b and 7 more`."""
    if at_most is not None and len(items) > at_most:
        items = [*items[:at_most], f"{len(items) - at_most} more"]
    return f" {conjunction} ".join(part for part in (", ".join(items[:-1]), *items[-1:]) if part)


def lowered(title: str) -> str:
    """Return a title as it continues a sentence: its first word in lower case unless it is a name."""
    first = title.split(maxsplit=1)[:1]
    word = first[0].rstrip(",.:;").removesuffix("'s") if first else ""
    is_name = word in _NAMES or any(char.isupper() or char.isdigit() for char in word[1:])
    return title if is_name or (len(word) == 1 and word != "A") else title[:1].lower() + title[1:]


def duration(seconds: float) -> str:
    """Return how long something took, to a reader's precision: `0.18 s`, `5.2 s`."""
    return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"


def moment(taken_at: str) -> str:
    """Return `2026-11-22 03:14:07 UTC`; what is no such time stays as it is."""
    match = _MOMENT.fullmatch(taken_at)
    return f"{match[1]} {match[2]} UTC" if match else taken_at


def filled(text: str, parameters: Mapping[str, str]) -> str:
    """Return a text of the rules with the thresholds in force: `longer than $slow` is `longer than 1s`."""
    return _PARAMETER.sub(lambda match: parameters.get(match[1], match[0]), text)


def unfulfilled(because: str, said: str) -> tuple[str, str]:
    """Return what a cause would bring about and what is not so, with numbers that say it.

    `not seen: requests queue` and `db.pool.waiting 0 >= 1` are `not so: requests queue` and
    `db.pool.waiting 0, not >= 1`; other facts stay as they are.
    """
    if not because.startswith(_DENIED):
        return because, said
    return f"not so: {because.removeprefix(_DENIED)}", _COMPARED.sub(", not ", said)
