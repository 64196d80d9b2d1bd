"""What dependent causes put right of the sums over independent ones, in columns (see suppose)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

from fastdiag.engine.belief import Stance, Truths
from fastdiag.engine.terms import Amounts, Drive, Name, Term, Terms
from fastdiag.engine.triples import Dependent

Column = list[float]
Columns = dict[Name, list[Sequence[float]]]


@dataclass(frozen=True, slots=True)
class Corrections:
    """What is to be added to the total and to the roots.

    fixed   the same under each combination of answers
    moving  columns that are to be added up
    """

    fixed: Mapping[Name, float]
    moving: Mapping[Name, Sequence[Sequence[float]]]

    def put_right(self, name: Name, column: Column) -> Column:
        """Return the column with the corrections; rounding may leave a hair less than nothing."""
        fixed, moving = self.fixed.get(name, 0.0), self.moving.get(name)
        if moving:
            column = [sum(values) for values in zip(column, *moving, strict=True)]
        return [right if (right := value + fixed) > 0 else 0.0 for value in column]

    def driven(self, size: int) -> dict[str, Column]:
        """Return for each cause the weight of all the pairs in which it drives the other."""
        drives = sorted({name for name in (*self.fixed, *self.moving) if isinstance(name, Drive)})
        return {drive.cause: self.put_right(drive, [0.0] * size) for drive in drives}


class Dependence:
    """What depends, prepared: what it corrects as it stands, and which of it an answer moves."""

    def __init__(
        self,
        dependent: Dependent,
        truths: Truths,
        stances: Mapping[str, Stance],
        prior: Mapping[str, float],
        leak: Mapping[str, float],
    ) -> None:
        self._terms = Terms(dependent, prior, leak).all()
        self._stances = stances
        self._known: dict[tuple[Stance, ...], Amounts] = {}
        self._joined = _joined(self._terms, truths)
        self._standing: dict[Name, dict[int, float]] = {}
        for number, term in enumerate(self._terms):
            if term.is_bound or any(truths[key].holds for key in term.ties):
                self._stand(number, term)
        self._fixed = {name: sum(parts.values()) for name, parts in self._standing.items()}

    def _stand(self, number: int, term: Term) -> None:
        right = self._amounts(term, tuple([self._stances[name] for name in term.causes]))
        for name, part in zip(term.names, right, strict=True):
            self._standing.setdefault(name, {})[number] = part

    def corrections(self, moving: Mapping[str, Sequence[Stance]], decided: Iterable[str]) -> Corrections:
        """Return what is to be put right when these causes move, and these findings are decided."""
        moved = {number for name in moving for number in self._standing.get(name, ())}
        moved.update(number for key in decided for number in self._joined.get(key, ()))
        columns: Columns = {}
        for number in sorted(moved):
            self._move(self._terms[number], moving, columns)
        fixed = dict(self._fixed)
        for name in columns:
            parts = self._standing.get(name, {})
            fixed[name] = sum([part for number, part in parts.items() if number not in moved])
        return Corrections(fixed, columns)

    def _move(self, term: Term, moving: Mapping[str, Sequence[Stance]], columns: Columns) -> None:
        """Add the columns of a term, computed once for each combination of stances."""
        own = [moving.get(name) or repeat(self._stances[name]) for name in term.causes]
        rows = list(zip(*own))  # noqa: B905 - repeat() has no end
        right = {stances: self._amounts(term, stances) for stances in set(rows)}
        added = zip(*[right[stances] for stances in rows], strict=True)
        for name, column in zip(term.names, added, strict=True):
            columns.setdefault(name, []).append(column)

    def _amounts(self, term: Term, stances: tuple[Stance, ...]) -> Amounts:
        found = self._known.get(stances)
        if found is None:
            found = self._known[stances] = term.amounts(stances)
        return found


def _joined(terms: Sequence[Term], truths: Truths) -> dict[str, list[int]]:
    """Return the terms that each open finding ties: causes that explain it, once it is true."""
    joined: dict[str, list[int]] = {}
    for number, term in enumerate(terms):
        for key in term.ties:
            if truths[key].holds is None:
                joined.setdefault(key, []).append(number)
    return joined
