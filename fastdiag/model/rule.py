"""Rules as typed data: conditions, symptoms, causes and their evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from fastdiag.model.example import Example
from fastdiag.model.quantity import Quantity
from fastdiag.model.signal import Catalogue

if TYPE_CHECKING:  # limits and alerts quote conditions, and the table holds both
    from fastdiag.model.alert import Alert
    from fastdiag.model.headroom import Limit


class Function(StrEnum):
    """What a condition may ask of a signal instead of its service-wide value."""

    WORST = "worst"  # the worst label set with at least 20 observations
    SPREAD = "spread"  # worst over median of the parts
    BEFORE = "before"  # value in the comparison window
    GROWTH = "growth"  # x / before(x) - 1
    PINNED = "pinned"  # 1 when the minimum over the window is at least 95 % of the maximum


class Operator(StrEnum):
    """Comparison operators of conditions."""

    GE = ">="
    LE = "<="
    EQ = "=="
    NE = "!="
    GT = ">"
    LT = "<"


@dataclass(frozen=True, slots=True)
class Operand:
    """A signal, or a function of one."""

    signal: str
    function: Function | None = None

    def __str__(self) -> str:
        return f"{self.function}({self.signal})" if self.function else self.signal


@dataclass(frozen=True, slots=True)
class Parameter:
    """`$name`: a threshold that users set to their own objectives."""

    name: str

    def __str__(self) -> str:
        return f"${self.name}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`operand op threshold`: the atom of every condition.

    text  as a person reads it
    key   the same for every spelling of the same finding: `x >= 95%` and `x >= 0.95`. Twelve digits,
          because 7 % read as 7 x 0.01 is not quite 0.07. Both are made once: the engine asks often.
    """

    left: Operand
    operator: Operator
    right: Quantity | Parameter | Operand
    text: str = field(init=False, compare=False, repr=False)
    key: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        right = self.right
        value = f"{right.value:.12g} {right.unit or ''}".rstrip() if isinstance(right, Quantity) else right
        _name(self, f"{self.left} {self.operator} {right}", f"{self.left} {self.operator} {value}")

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class AllOf:
    """True when every part is true (Kleene)."""

    parts: tuple[Condition, ...]
    text: str = field(init=False, compare=False, repr=False)
    key: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        _name(self, *_joined(self.parts, " and "))

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when one part is true (Kleene)."""

    parts: tuple[Condition, ...]
    text: str = field(init=False, compare=False, repr=False)
    key: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        _name(self, *_joined(self.parts, " or "))

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Not:
    """True when its part is false (Kleene)."""

    part: Condition
    text: str = field(init=False, compare=False, repr=False)
    key: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        _name(self, f"not {self.part.text}", f"not {self.part.key}")

    def __str__(self) -> str:
        return self.text


def _joined(parts: tuple[Condition, ...], word: str) -> tuple[str, str]:
    """Return text and key of a group; the order and repetition of parts do not make another finding."""
    text = word.join(part.text for part in parts)
    key = word.join(sorted({part.key for part in parts}))
    return f"({text})", f"({key})"


def _name(condition: Comparison | AllOf | AnyOf | Not, text: str, key: str) -> None:
    object.__setattr__(condition, "text", text)  # the one write to a frozen condition, while it is made
    object.__setattr__(condition, "key", key)


Condition = Comparison | AllOf | AnyOf | Not


def comparisons(condition: Condition) -> Iterator[Comparison]:
    """Yield every comparison of a condition, in reading order."""
    match condition:
        case Comparison():
            yield condition
        case AllOf(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from comparisons(part)
        case Not(part=part):
            yield from comparisons(part)


def signals_of(condition: Condition) -> tuple[str, ...]:
    """Return the signals that a condition quotes, each once, in reading order."""
    names: dict[str, None] = {}
    for comparison in comparisons(condition):
        names[comparison.left.signal] = None
        if isinstance(comparison.right, Operand):
            names[comparison.right.signal] = None
    return tuple(names)


class Severity(StrEnum):
    """How bad a symptom is."""

    WARNING = "warning"
    CRITICAL = "critical"


class Kind(StrEnum):
    """Whether a cause makes the service fail or only keeps people from seeing why."""

    FAILURE = "failure"
    VISIBILITY = "visibility"


class Layer(StrEnum):
    """Where in the stack a cause sits: the four layers that break one after another."""

    APPLICATION = "application"
    ORM_SESSION = "orm session"
    DATABASE = "database"
    INFRASTRUCTURE = "infrastructure"


class Weight(StrEnum):
    """How much a piece of evidence says, in the words of the rule files."""

    WEAK = "weak"
    MODERATE = "moderate"
    STRONG = "strong"
    DECISIVE = "decisive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One row for or against a cause. ``where`` is file:line:column."""

    when: Condition
    weight: Weight
    because: str
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """What a person would notice, as a condition over signals.

    severity  for each level the condition that makes it so (checked from critical down); a symptom
              that holds without meeting any level is a warning
    suspects  causes in the order in which an expert would first suspect them
    instead_of  more telling symptoms: this one is left out while one of them holds
    """

    id: str
    title: str
    when: Condition | None
    severity: Mapping[Severity, Condition]
    means: str
    suspects: tuple[str, ...]
    instead_of: tuple[str, ...] = ()
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A read-only step that a person takes next."""

    run: str
    look_for: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """What to do now, what to do then, and what to avoid."""

    now: str
    then: str
    avoid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Everything about one cause, in the order an on-call engineer reads.

    layer       where it sits; None only in tables of users
    mechanisms  the general mechanisms of which it is a case
    unproven    no recorded live incident has shown one of its strong rows yet: it rests on examples
    """

    id: str
    title: str
    kind: Kind
    explains: tuple[str, ...]
    assumption: str
    why: str
    supports: tuple[Evidence, ...]
    contradicts: tuple[Evidence, ...]
    driven_by: tuple[str, ...] = ()
    distorts: tuple[str, ...] = ()
    layer: Layer | None = None
    mechanisms: tuple[str, ...] = ()
    unproven: bool = False
    check: tuple[Check, ...] = ()
    fix: Fix | None = None
    references: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """The whole table, checked: signals, parameters, symptoms, causes by their ids, limits, alerts."""

    catalogue: Catalogue
    parameters: Mapping[str, Quantity] = field(default_factory=dict)
    symptoms: tuple[Symptom, ...] = ()
    causes: tuple[Cause, ...] = ()
    limits: tuple[Limit, ...] = ()
    alerts: tuple[Alert, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Old ids of symptoms and causes, and what stands for them now (`replaces:`)."""

    def current(self, name: str) -> str:
        """Return the id of a symptom, cause or signal today: itself, or of the one that replaces it."""
        return self.renamed.get(name) or self.catalogue.current(name)

    def cause(self, cause_id: str) -> Cause:
        """Return a cause by id. Raise KeyError when the table has none of that name."""
        return {cause.id: cause for cause in self.causes}[cause_id]

    def symptom(self, symptom_id: str) -> Symptom:
        """Return a symptom by id. Raise KeyError when the table has none of that name."""
        return {symptom.id: symptom for symptom in self.symptoms}[symptom_id]
