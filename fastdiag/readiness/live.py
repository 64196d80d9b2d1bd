"""What the running service says about an item: causes, sums, readings, and what its metrics show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from fastdiag.model.checklist import Evidence, Item, Sight
from fastdiag.model.diagnosis import RankedCause, Verdict
from fastdiag.model.headroom import Fit
from fastdiag.model.quantity import format_value
from fastdiag.model.signal import Missing
from fastdiag.readiness.facts import NOT_LOOKED, Facts

DIAGNOSIS: Final = "diagnosis"
LIMITS: Final = "limits"
COVERAGE: Final = "coverage"
_SPEAKS: Final = {Fit.FITS: True, Fit.MISFIT: False, Fit.UNKNOWN: None}
_SIGHT: Final = {Sight.VISIBLE: True, Sight.NOT_VISIBLE: False, Sight.CANNOT_TELL: None}


def of_causes(facts: Facts, item: Item) -> tuple[Evidence, ...]:
    """Return the causes that would not be at work if the item held, those that are likely or ruled out."""
    return tuple(evidence for name in item.causes for evidence in _cause(facts, name))


def _cause(facts: Facts, name: str) -> Iterator[Evidence]:
    found = facts.cause(name)
    if isinstance(found, RankedCause) and found.verdict >= Verdict.LIKELY:
        text = f"{found.verdict.words} at work right now: {found.title} ({name})"
        yield Evidence(source=DIAGNOSIS, text=text, speaks=False)
    elif found is not None and found.verdict is Verdict.RULED_OUT:
        text = f"not at work while it was looked at: {found.title} ({name})"
        yield Evidence(source=DIAGNOSIS, text=text, speaks=True)


def of_sums(facts: Facts, *names: str) -> tuple[Evidence, ...]:
    """Return settings held against each other; those that do not concern the service are left out."""
    if facts.headroom is None:
        return (Evidence(source=LIMITS, text=NOT_LOOKED, speaks=None),)
    return tuple(evidence for name in names if (evidence := of_sum(facts, name)) is not None)


def of_sum(facts: Facts, name: str) -> Evidence | None:
    """Return one sum; None when it does not concern the service, or nothing was looked at."""
    one = facts.sum(name)
    if one is None:
        return None
    said = "; ".join(text for text in (one.numbers, one.because) if text)
    return Evidence(source=LIMITS, text=f"{one.title}: {said}", speaks=_SPEAKS[one.fit])


def of_signal(facts: Facts, signal: str, what: str, holds: Callable[[float], bool] | None = None) -> Evidence:
    """Return what was seen of a signal; ``holds`` says whether a value speaks for the item."""
    found = facts.reading(signal)
    if isinstance(found, Missing):
        return Evidence(source="signals", text=f"{what}: {found}", speaks=None, signal=signal)
    if found.value is None:
        return Evidence(source=found.source, text=f"{what}: not for all", speaks=None, signal=signal)
    doubt = f" (may mislead: {found.bias})" if found.bias else ""
    return Evidence(
        source=found.source,
        text=f"{what}: {format_value(found.value, found.unit)}{doubt}",
        speaks=holds(found.value) if holds else None,
        signal=signal,
    )


def of_sight(facts: Facts, item: Item) -> tuple[Evidence, ...]:
    """Return whether what the item needs to be tracked is visible, by what, and how good that is."""
    if facts.coverage is None:
        text = "what its metrics and logs show was not looked at"
        return (Evidence(source=COVERAGE, text=text, speaks=None),)
    return tuple(evidence for name in item.shown_by for evidence in _sight(facts, name))


def _sight(facts: Facts, name: str) -> Iterator[Evidence]:
    seen = facts.seen(name)
    if seen is None:
        yield Evidence(source=COVERAGE, text=f"{name} was not looked at", speaks=None)
        return
    by = f", by {', '.join(seen.by)}" if seen.by and seen.sight is Sight.VISIBLE else ""
    why = [one.text for one in seen.evidence if one.speaks is not True] if not by else []
    because = f": {why[0]}" if why else ""
    text = f"{seen.item.title}: {seen.sight}{by}{because}"
    yield Evidence(source=COVERAGE, text=text, speaks=_SIGHT[seen.sight])
    for quality in seen.qualities:
        if not quality.is_good:
            yield Evidence(source=COVERAGE, text=f"but: {quality.text}", speaks=None)


def is_visible(facts: Facts, item: Item) -> bool:
    """Whether all that the item needs is visible."""
    seen = [facts.seen(name) for name in item.shown_by]
    return bool(seen) and all(one is not None and one.sight is Sight.VISIBLE for one in seen)


def what_to_add(facts: Facts, item: Item) -> str:
    """Return what to do, and below it the lines that make visible what is not, where they are known."""
    for name in item.shown_by:
        seen = facts.seen(name)
        if seen and seen.add and seen.sight is not Sight.VISIBLE:
            where = f" Add to {seen.add_to}." if seen.add_to else ""
            return f"{item.fix}{where}\n{seen.add.strip()}"
    return item.fix
