"""The findings that a table quotes, and which causes depend on each: what holds for every snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fastdiag.engine.belief import leaks
from fastdiag.model.rule import Cause, Condition, comparisons, signals_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Every condition that some row of evidence quotes, by its key.

    leak       how often it is true by itself, for those that are quoted for some cause
    quoting    for each comparison the findings that it is part of
    distorted  for each cause the findings, quoted for some cause, that it may falsify: seldom true ones first
    quoters    for each finding the causes whose stance may depend on it: quoters and distorters
    """

    conditions: Mapping[str, Condition]
    leak: Mapping[str, float]
    quoting: Mapping[str, frozenset[str]]
    distorted: Mapping[str, tuple[str, ...]]
    quoters: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, causes: Iterable[Cause]) -> Findings:
        """Gather the findings of these causes."""
        table = tuple(causes)
        rows = (row for cause in table for row in (*cause.supports, *cause.contradicts))
        conditions = {row.when.key: row.when for row in rows}
        leak = leaks(table)
        distorted = _distorted(table, conditions, leak)
        return cls(
            conditions=conditions,
            leak=leak,
            quoting=_quoting(conditions),
            distorted=distorted,
            quoters=_quoters(table, conditions, distorted),
        )

    def explained(self, causes: Iterable[Cause]) -> dict[str, frozenset[str]]:
        """Return for each cause the findings that it makes true: quoted for it, or falsified by it."""
        return {
            cause.id: frozenset(row.when.key for row in cause.supports).union(self.distorted[cause.id])
            for cause in causes
        }


def _quoting(conditions: Mapping[str, Condition]) -> dict[str, frozenset[str]]:
    quoting: dict[str, set[str]] = {}
    for key, when in conditions.items():
        for comparison in comparisons(when):
            quoting.setdefault(comparison.key, set()).add(key)
    return {atom: frozenset(keys) for atom, keys in quoting.items()}


def _distorted(
    causes: Iterable[Cause], conditions: Mapping[str, Condition], leak: Mapping[str, float]
) -> dict[str, tuple[str, ...]]:
    about: dict[str, set[str]] = {}
    for key in leak:
        for signal in signals_of(conditions[key]):
            about.setdefault(signal, set()).add(key)
    return {
        cause.id: tuple(
            sorted(
                set().union(*(about.get(signal, ()) for signal in cause.distorts)),
                key=lambda finding: (leak[finding], finding),
            )
        )
        for cause in causes
    }


def _quoters(
    causes: Iterable[Cause], conditions: Mapping[str, Condition], distorted: Mapping[str, tuple[str, ...]]
) -> dict[str, frozenset[str]]:
    quoted: dict[str, set[str]] = {key: set() for key in conditions}
    for cause in causes:
        rows = (*cause.supports, *cause.contradicts)
        for key in (*(row.when.key for row in rows), *distorted[cause.id]):
            quoted[key].add(cause.id)
    return {key: frozenset(names) for key, names in quoted.items()}
