"""What the screens and documents of `fastdiag sources` say alike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from fastdiag.model.signal import Reason
from fastdiag.model.survey import Lack, Step, Stock, Survey
from fastdiag.render.words import count, duration, listed

MAX_NAMED: Final = 4
UNKNOWN: Final = "unknown"
_SQL_BEGINS: Final = re.compile(r": (?=(?:GRANT|ALTER|CREATE) )")
_TELLING: Final = frozenset((Reason.DENIED, Reason.FAILED, Reason.TIMED_OUT))
"""Reasons that somebody can do something about."""
SKIPPED_WHY: Final = "nothing to look at"


def summary(survey: Survey) -> str:
    """Return `6 of 10 sources work: 84 of 171 signals of shop are seen`."""
    working = sum(1 for stock in survey.sources if stock.works)
    sources = count(len(survey.sources), "source")
    verb = "works" if 1 in {working, len(survey.sources)} else "work"
    whose = f" of {survey.service}" if survey.service != UNKNOWN else ""
    return f"{working} of {sources} {verb}: {len(survey.seen)} of {survey.signals} signals{whose} are seen"


def where(stock: Stock) -> str:
    """Return what was asked and where that came from; a flag says nothing that the reader does not know."""
    target, origin = stock.state.target or "", stock.origin
    return f"{target} ({origin})" if origin and target else target


def ranked_steps(survey: Survey) -> tuple[tuple[str, Step], ...]:
    """Return all steps with the sources that they help, what shows most first."""
    merged: dict[str, list[tuple[str, Step]]] = {}
    for stock in survey.sources:
        for step in stock.steps:
            merged.setdefault(step.do, []).append((stock.state.name, step))
    together = [_together(those) for those in merged.values()]
    return tuple(sorted(together, key=lambda item: -len(item[1].signals)))


def _together(those: list[tuple[str, Step]]) -> tuple[str, Step]:
    """Return one step for several sources: `--pid PID` serves three of them."""
    names = ", ".join(name for name, _ in those)
    signals = sorted({signal for _, step in those for signal in step.signals})
    first = those[0][1]
    return names, replace(first, signals=tuple(signals))


def gain(signals: Sequence[str], *, in_full: bool = False) -> str:
    """Return what a step shows: the signals themselves, or of many how many of each family."""
    if in_full or len(signals) <= MAX_NAMED:
        return listed(signals)
    families = Counter(signal.partition(".")[0] for signal in signals).most_common()
    if len(families) == 1:
        return f"{len(signals)} signals of {families[0][0]}"
    told = listed([f"{name} ({number})" for name, number in families], at_most=MAX_NAMED)
    return f"{len(signals)} signals: {told}"


def lacking(stock: Stock) -> Iterator[str]:
    """Yield, for each kind of reason, how many signals are missing and what stands in the way mostly."""
    for reason in Reason:
        lacks = [
            one for one in stock.lacks if one.reason is reason and detail(one, stock) != stock.state.error
        ]
        if not lacks:
            continue
        number = sum(len(lack.signals) for lack in lacks)
        why = detail(lacks[0], stock) if reason in _TELLING or len(lacks) == 1 else ""
        others = count(len(lacks) - 1 if why else len(lacks), f"{'other ' if why else ''}reason")
        more = f" ({others}: -v)" if len(lacks) > 1 else ""
        yield f"{number} {reason}{f': {why}' if why else ''}{more}"


def detail(lack: Lack, stock: Stock) -> str:
    """Return why, without the name of the source before it and the way out behind it."""
    return _SQL_BEGINS.split(lack.detail.removeprefix(f"{stock.state.name}: "), maxsplit=1)[0]


def spent(survey: Survey) -> str:
    """Return what asking cost: sources run at once, so the slowest one counts."""
    seconds = max((stock.state.seconds for stock in survey.sources), default=0.0)
    requests = sum(stock.state.requests for stock in survey.sources)
    own = f"fastdiag {survey.fastdiag}".strip()
    return f"{own} took {duration(seconds)}, {count(requests, 'request')}, and changed nothing"
