"""The words that conditions and examples may use, and which quantities fit them."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from fastdiag.located.located_yaml import Node
from fastdiag.located.problems import Problems
from fastdiag.located.readers import Ids, read_references
from fastdiag.model.quantity import Quantity, Unit

_SAMPLES: Final = {
    Unit.SECONDS: "4s or 250ms",
    Unit.RATIO: "95% or 0.95",
    Unit.COUNT: "a bare number, such as 40",
    Unit.BYTES: "512MiB",
    Unit.PER_SECOND: "12/s or 12",
}
_SAID: Final = {
    Unit.SECONDS: "in seconds",
    Unit.RATIO: "a ratio",
    Unit.COUNT: "a count",
    Unit.BYTES: "in bytes",
    Unit.PER_SECOND: "a rate per second",
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Signals with their units and parameters with their values, as far as the files define them.

    None stands for one whose definition is itself at fault: the name is known, nothing else is checked.
    """

    units: Mapping[str, Unit | None]
    parameters: Mapping[str, Quantity | None]
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Signals under their old names."""

    def current(self, signal: str) -> str:
        """Return the name that a signal has now."""
        return self.renamed.get(signal, signal)

    def signals(self, node: Node | None, what: str, problems: Problems) -> tuple[str, ...]:
        """Return the signals of a list, by the names that they have now."""
        return read_references(node, what, Ids("signal", self.units, self.renamed), problems) if node else ()


@dataclass(frozen=True, slots=True)
class Names:
    """What a symptom or a cause may refer to."""

    vocabulary: Vocabulary
    symptoms: Collection[str]
    causes: Collection[str]
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Symptoms and causes under their old ids."""

    def current(self, name: str) -> str:
        """Return the id that a symptom or a cause has now."""
        return self.renamed.get(name, name)

    def symptoms_in(self, node: Node | None, what: str, problems: Problems) -> tuple[str, ...]:
        """Return the symptoms of a list, by the ids that they have now."""
        symptoms = Ids("symptom", self.symptoms, self.renamed)
        return read_references(node, what, symptoms, problems) if node else ()

    def causes_in(self, node: Node | None, what: str, problems: Problems) -> tuple[str, ...]:
        """Return the causes of a list, by the ids that they have now."""
        causes = Ids("cause", self.causes, self.renamed)
        return read_references(node, what, causes, problems) if node else ()


class Misfit(ValueError):  # noqa: N818 - a finding, noted with its place by whoever knows it
    """A quantity that does not fit a unit: the sentence, and a hint."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def said(unit: Unit) -> str:
    """Return a unit as part of a sentence: "it is ... `a ratio`"."""
    return _SAID[unit]


def fit(quantity: Quantity, unit: Unit, what: str, *, beyond_one: bool = False) -> Quantity:
    """Return a quantity in the unit of ``what``, its text as written. Raise Misfit when it does not fit.

    A bare number says too little of a time or a size, and of a ratio above 1 (``95`` is 9500 %) unless
    ``beyond_one``: growths and spreads are often written so.
    """
    if not quantity.fits(unit):
        raise Misfit(f"{quantity} does not fit {what}, which is {said(unit)}", f"write {_SAMPLES[unit]}")
    if quantity.unit is None and _is_vague(quantity.value, unit, beyond_one=beyond_one):
        raise Misfit(f"{quantity} needs a unit: {what} is {said(unit)}", _spelt_out(quantity, unit))
    return dataclasses.replace(quantity, unit=unit)


def _is_vague(value: float, unit: Unit, *, beyond_one: bool) -> bool:
    match unit:
        case Unit.SECONDS | Unit.BYTES:
            return value != 0
        case Unit.RATIO:
            return abs(value) > 1 and not beyond_one
        case Unit.COUNT | Unit.PER_SECOND:
            return False


def _spelt_out(quantity: Quantity, unit: Unit) -> str:
    match unit:
        case Unit.RATIO:
            return f"write {quantity}%, or {quantity.value * 100:g}% if that is meant"
        case Unit.BYTES:
            return f"write {quantity}B, {quantity}KiB or {quantity}MiB"
        case _:
            return f"write {quantity}s or {quantity}ms"
