"""What the arithmetic asks of a snapshot, and how it puts its verdicts."""

from __future__ import annotations

from dataclasses import dataclass

from fastdiag.engine.headroom_amounts import amount, look_up
from fastdiag.engine.look import Look
from fastdiag.model.headroom import Amount, Fit, Sum
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.signal import Missing


@dataclass(frozen=True, slots=True)
class Lack:
    """A number that a sum needs and that is not known: its name, and why."""

    name: str
    why: str

    def __str__(self) -> str:
        return f"{self.name} {self.why}"


@dataclass(frozen=True, slots=True)
class Facts:
    """The numbers of one snapshot, by name."""

    look: Look

    def amount(self, signal: str) -> Amount | Lack:
        """Return what was seen of a signal, with its source."""
        reading = look_up(self.look, signal)
        if isinstance(reading, Missing):
            return Lack(signal, str(reading))
        return amount(reading) or Lack(signal, "has no service-wide value")

    def signal(self, signal: str) -> float | Lack:
        """Return the value of a signal."""
        found = self.amount(signal)
        return found if isinstance(found, Lack) else found.value

    def parameter(self, name: str) -> float | Lack:
        """Return a parameter; one that is 0, or not defined, was not set by anybody."""
        value = self.look.parameter(name).value if name in self.look.rulebook.parameters else 0.0
        return value if value > 0 else Lack(f"${name}", "is not set (parameters in fastdiag.yaml)")


def say_workers(number: float) -> str:
    """Return `1 worker`, `4 workers`."""
    return f"{format_value(number, Unit.COUNT)} {'worker' if number == 1 else 'workers'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Two settings that must go together, and why that matters."""

    id: str
    title: str
    why: str

    def answer(self, *, fits: bool, numbers: str, because: str) -> Sum:
        """Return the verdict."""
        fit = Fit.FITS if fits else Fit.MISFIT
        return Sum(id=self.id, title=self.title, fit=fit, numbers=numbers, because=because, why=self.why)

    def open(self, *facts: object, numbers: str = "") -> Sum:
        """Return that it cannot be told, which of its facts are missing, and the numbers that are not."""
        because = "; ".join(str(fact) for fact in facts if isinstance(fact, Lack))
        return Sum(
            id=self.id, title=self.title, fit=Fit.UNKNOWN, numbers=numbers, because=because, why=self.why
        )
