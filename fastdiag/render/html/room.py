"""Headroom: what breaks first, how far away it is, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fastdiag.model.headroom import Basis, Fit, Headroom, Scope, Standing, Sum
from fastdiag.render.headroom import words
from fastdiag.render.html.parts import Bar, Note, full, nameless
from fastdiag.render.words import percent

NEAR: Final = 2.0
"""Below this multiple it is said what to do, as on the screen of `fastdiag headroom`."""
CLOSE: Final = 1.25
MAX_OPEN: Final = 6
"""Limits beyond are folded: they are further away."""
_SCOPES: Final = {Scope.WORKER: "per worker", Scope.SERVICE: "", Scope.HOST: "", Scope.SERVER: "shared"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRow:
    """One limit; ``level`` is `reached`, `close`, `near` or `far`."""

    multiple: str
    level: str
    bar: Bar
    utilization: str
    title: str
    said: str
    basis: str
    time: str
    doubts: tuple[str, ...]
    advice: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SumRow:
    """Two settings that must go together."""

    fit: str
    is_misfit: bool
    title: str
    calculation: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The whole section."""

    sentence: str
    traffic: str
    method: str
    open: tuple[LimitRow, ...]
    folded: tuple[LimitRow, ...]
    sums: tuple[SumRow, ...]
    unknown: tuple[Note, ...]
    dormant: tuple[Note, ...]


def room(headroom: Headroom) -> Room:
    """Return the section, the tightest limit first."""
    rows = tuple(map(_limit, headroom.limits))
    return Room(
        sentence=nameless(words.headline(headroom), headroom.snapshot),
        traffic=words.traffic(headroom),
        method=words.METHOD,
        open=rows[:MAX_OPEN],
        folded=rows[MAX_OPEN:],
        sums=tuple(_sum(one) for one in words.sums(headroom) if one.fit is not Fit.UNKNOWN or one.numbers),
        unknown=tuple(_unknown(headroom)),
        dormant=tuple(_dormant(headroom)),
    )


def _limit(standing: Standing) -> LimitRow:
    limit, level = standing.limit, _level(standing)
    return LimitRow(
        multiple=words.multiple(standing),
        level=level,
        bar=full(standing.utilization),
        utilization=percent(standing.utilization),
        title=limit.title,
        said=", ".join(filter(None, (words.share(standing), _SCOPES[limit.per]))),
        basis=" · ".join(filter(None, (words.basis(standing), words.sources(standing)))),
        time=words.time(standing),
        doubts=words.doubts(standing),
        advice=() if level == "far" else tuple(_advice(standing)),
    )


def _level(standing: Standing) -> str:
    if standing.reach is None:
        return "far" if standing.utilization <= 1 / NEAR else "near"
    if standing.reach.basis is Basis.REACHED:
        return "reached"
    multiple = standing.reach.multiple
    return "close" if multiple < CLOSE else "near" if multiple < NEAR else "far"


def _advice(standing: Standing) -> Iterator[Note]:
    limit = standing.limit
    yield Note(label="then", text=limit.means)
    yield Note(label="set by", text=limit.configured)
    yield Note(label="raise", text=limit.raise_it)
    if limit.becomes:
        yield Note(label="cause", text=f"fastdiag explain {limit.becomes}")


def _sum(one: Sum) -> SumRow:
    is_misfit = one.fit is Fit.MISFIT
    said = words.calculation(one)
    return SumRow(fit=one.fit.value, is_misfit=is_misfit, title=one.title, calculation=said, why=one.why)


def _unknown(headroom: Headroom) -> Iterator[Note]:
    shown = (one for one in headroom.unknown if not words.is_none_here(one))
    for command, unknown in words.by_command(shown).items():
        titles = ", ".join(one.limit.title for one in unknown)
        yield Note(label=titles, text=command, signals=words.reasons(unknown))


def _dormant(headroom: Headroom) -> Iterator[Note]:
    for one in headroom.dormant:
        yield Note(label=one.limit.title, text=one.because)
    for absent in headroom.unknown:
        if words.is_none_here(absent):
            yield Note(label=absent.limit.title, text="; ".join(words.reasons((absent,))))
