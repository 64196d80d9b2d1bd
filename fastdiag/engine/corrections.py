"""What dependent pairs of causes put right of the sums over independent ones, in columns (see suppose)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

from fastdiag.engine.belief import Correction, Pair, Stance, Truths, correct

Column = list[float]
WHOLE = None
"""Under this name stands what is added to the total."""
Sums = dict[str | None, float]


@dataclass(frozen=True, slots=True)
class Corrections:
    """What is to be added to the total and to the roots.

    fixed   the same under each combination of answers
    moving  columns that are to be added up
    """

    fixed: Mapping[str | None, float]
    moving: Mapping[str | None, Sequence[Column]]

    def put_right(self, name: str | None, column: Column) -> Column:
        """Return the column with the corrections; rounding may leave a hair less than nothing."""
        fixed, moving = self.fixed.get(name, 0.0), self.moving.get(name)
        if moving:
            column = [sum(values) for values in zip(column, *moving, strict=True)]
        return [right if (right := value + fixed) > 0 else 0.0 for value in column]


class Dependence:
    """The dependent pairs, prepared: what they correct as it stands, and which of them an answer moves."""

    def __init__(
        self,
        pairs: Sequence[Pair],
        truths: Truths,
        stances: Mapping[str, Stance],
        prior: Mapping[str, float],
        leak: Mapping[str, float],
    ) -> None:
        self._pairs = pairs
        self._stances = stances
        self._prior = prior
        self._leak = leak
        self._corrected: dict[tuple[Stance, Stance], Correction] = {}
        self._joined = _joined(pairs, truths)
        self._standing: dict[str | None, dict[int, float]] = {}
        for number, pair in enumerate(pairs):
            if pair.one_drives or pair.other_drives or any(truths[key].holds for key in pair.shared):
                self._stand(number, pair)
        self._fixed: Sums = {name: sum(parts.values()) for name, parts in self._standing.items()}

    def _stand(self, number: int, pair: Pair) -> None:
        right = self._correct(pair, self._stances[pair.one], self._stances[pair.other])
        for name, part in ((WHOLE, right.total), (pair.one, right.one), (pair.other, right.other)):
            self._standing.setdefault(name, {})[number] = part

    def corrections(self, moving: Mapping[str, Sequence[Stance]], decided: Iterable[str]) -> Corrections:
        """Return what is to be put right when these causes move, and these findings are decided."""
        moved = {number for name in moving for number in self._standing.get(name, ())}
        moved.update(number for key in decided for number in self._joined.get(key, ()))
        columns: dict[str | None, list[Column]] = {}
        for number in sorted(moved):
            self._move(self._pairs[number], moving, columns)
        fixed = dict(self._fixed)
        for name in columns:
            parts = self._standing.get(name, {})
            fixed[name] = sum([part for number, part in parts.items() if number not in moved])
        return Corrections(fixed, columns)

    def _move(
        self, pair: Pair, moving: Mapping[str, Sequence[Stance]], columns: dict[str | None, list[Column]]
    ) -> None:
        """Add the columns of a pair, corrected once for each combination of two stances."""
        one = moving.get(pair.one) or repeat(self._stances[pair.one])
        other = moving.get(pair.other) or repeat(self._stances[pair.other])
        both = list(zip(one, other))  # noqa: B905 - repeat() has no end
        right = {stances: self._correct(pair, *stances) for stances in set(both)}
        column = [right[stances] for stances in both]
        columns.setdefault(WHOLE, []).append([each.total for each in column])
        columns.setdefault(pair.one, []).append([each.one for each in column])
        columns.setdefault(pair.other, []).append([each.other for each in column])

    def _correct(self, pair: Pair, one: Stance, other: Stance) -> Correction:
        found = self._corrected.get((one, other))
        if found is None:
            found = self._corrected[one, other] = correct(pair, one, other, self._prior, self._leak)
        return found


def _joined(pairs: Sequence[Pair], truths: Truths) -> dict[str, list[int]]:
    """Return the pairs that each open finding joins: two causes that explain it, once it is true."""
    joined: dict[str, list[int]] = {}
    for number, pair in enumerate(pairs):
        for key in pair.shared:
            if truths[key].holds is None:
                joined.setdefault(key, []).append(number)
    return joined
