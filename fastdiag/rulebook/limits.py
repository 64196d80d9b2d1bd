"""rules/limits.yaml: the hard limits of a service, one row each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from fastdiag.errors import nearest
from fastdiag.located.fields import Fields, Shape
from fastdiag.located.located_yaml import Node, Scalar, Table
from fastdiag.located.problems import Problems
from fastdiag.located.readers import read_quantity, read_text
from fastdiag.model.headroom import Bound, Fixed, Growth, Limit, Measure, Measured, ScalesWith, Scope
from fastdiag.model.quantity import Unit
from fastdiag.model.rule import Parameter
from fastdiag.rulebook.condition import read_condition
from fastdiag.rulebook.folders import Folder
from fastdiag.rulebook.rows import Rows, rows_by_id
from fastdiag.rulebook.vocabulary import Misfit, Names, fit, said

LIMIT: Final = Shape(
    "a limit",
    (
        "id",
        "title",
        "used",
        "limit",
        "per",
        "scales_with",
        "means",
        "configured",
        "raise",
        "obtain",
    ),
    ("when", "or", "growth", "becomes"),
)
MEASURE: Final = Shape("an item of 'or'", ("used", "limit"), ("when",))
FIXED: Final = Shape("'limit'", ("value", "from"))
GROWTH: Final = Shape("'growth'", ("signal", "per"))


ROWS: Final = Rows("limit", "db-pool")


def read_limits(folders: Iterable[Folder], names: Names, problems: Problems) -> tuple[Limit, ...]:
    """Return all limits in the order of the files; those of later folders replace earlier ones by id."""
    rows: dict[str, Node] = {}
    for folder in folders:
        rows |= rows_by_id([(one.tree, "limits.yaml") for one in folder.limits], ROWS, problems)
    limits = (_Reader(names, problems).limit(row) for row in rows.values())
    return tuple(limit for limit in limits if limit is not None)


class _Reader:
    """Reads rows with the words that they may use."""

    def __init__(self, names: Names, problems: Problems) -> None:
        self._vocabulary = names.vocabulary
        self._names = names
        self._problems = problems

    def limit(self, row: Node) -> Limit | None:
        """Return one limit, or None when it is not right."""
        fields = Fields(row, LIMIT, self._problems)
        others = (Fields(node, MEASURE, self._problems) for node in fields.items("or"))
        measures = [self._measure(one) for one in (fields, *others)]
        per, scales_with = fields.word("per", list(Scope)), fields.word("scales_with", list(ScalesWith))
        growth = self._growth(fields, [measure.used for measure in measures if measure is not None])
        if per is None or scales_with is None:
            return None
        return Limit(
            id=fields.text("id"),
            title=fields.text("title"),
            measures=tuple(measure for measure in measures if measure is not None),
            per=Scope(per),
            scales_with=ScalesWith(scales_with),
            means=fields.text("means"),
            configured=fields.text("configured"),
            raise_it=fields.text("raise"),
            obtain=fields.text("obtain"),
            growth=growth,
            becomes=self._becomes(fields),
            where=str(row.place),
        )

    def _becomes(self, fields: Fields) -> str | None:
        node, name = fields.get("becomes"), self._names.current(fields.text("becomes"))
        if node and name and name not in self._names.causes:
            hint = nearest(name, self._names.causes)
            self._problems.note(node.place, f"'becomes' names an unknown cause, {name!r}", hint)
        return name or None

    def _measure(self, fields: Fields) -> Measure | None:
        used, limit, when = fields.get("used"), fields.get("limit"), fields.get("when")
        signal = self._signal(used, "'used'") if used else None
        bound = self._bound(limit, signal) if limit else None
        condition = read_condition(when, "'when'", self._vocabulary, self._problems) if when else None
        return Measure(used=signal, limit=bound, when=condition) if signal and bound else None

    def _signal(self, node: Node, what: str) -> str | None:
        written = read_text(node, what, self._problems)
        if written is None:
            return None
        name = self._vocabulary.current(written)
        if name in self._vocabulary.units:
            return name
        hint = nearest(name, self._vocabulary.units)
        self._problems.note(node.place, f"{what} names an unknown signal, {name!r}", hint)
        return None

    def _bound(self, node: Node, used: str | None) -> Bound | None:
        unit = self._vocabulary.units.get(used) if used else None
        if isinstance(node, Table):
            return self._fixed(node, unit)
        if isinstance(node, Scalar) and node.text.startswith("$"):
            return self._parameter(node, unit)
        signal = self._signal(node, "'limit'")
        own = self._vocabulary.units.get(signal) if signal else None
        if own and unit and own is not unit:
            self._problems.note(node.place, f"{signal} is {said(own)}, and {used} is {said(unit)}")
        return Measured(signal) if signal else None

    def _fixed(self, node: Table, unit: Unit | None) -> Fixed | None:
        fields = Fields(node, FIXED, self._problems)
        value, source, place = fields.read("value", read_quantity), fields.text("from"), fields.get("value")
        if value is None or place is None:
            return None
        try:
            return Fixed(fit(value, unit, "'used'") if unit else value, source)
        except Misfit as misfit:
            self._problems.note(place.place, str(misfit), misfit.hint)
            return None

    def _parameter(self, node: Scalar, unit: Unit | None) -> Parameter | None:
        name = node.text.removeprefix("$")
        if name not in self._vocabulary.parameters:
            hint = nearest(name, self._vocabulary.parameters)
            self._problems.note(node.place, f"unknown parameter {node.text!r}", hint)
            return None
        value = self._vocabulary.parameters[name]
        if value and unit and not value.fits(unit):
            self._problems.note(node.place, f"{node.text} is {value}, and 'used' is {said(unit)}")
        return Parameter(name)

    def _growth(self, fields: Fields, used: Sequence[str]) -> Growth | None:
        """Read `{signal, per}`; the signal has the unit of what grows, or counts it per second."""
        node = fields.get("growth")
        if node is None:
            return None
        inner = Fields(node, GROWTH, self._problems)
        given, per = inner.get("signal"), inner.read("per", read_quantity)
        signal = self._signal(given, "'signal'") if given else None
        if per and (per.unit is not Unit.SECONDS or per.value <= 0):
            self._problems.note(node.place, f"{per} is not a time", "write 1s or 1h")
            return None
        if signal and used and not self._is_growth(signal, used):
            hint = "it has the unit of what grows, or counts it per second"
            self._problems.note(node.place, f"{signal} cannot be the growth of {' or '.join(used)}", hint)
        return Growth(signal, per.value) if signal and per else None

    def _is_growth(self, signal: str, used: Sequence[str]) -> bool:
        unit, units = self._vocabulary.units[signal], [self._vocabulary.units[name] for name in used]
        return unit is None or unit in units or (unit is Unit.PER_SECOND and Unit.COUNT in units)
