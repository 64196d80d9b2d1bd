"""The text of a condition: `signal op value[unit]`, where functions, parameters and other signals may stand.

db.pool.utilization >= 95%          http.latency.p95 > $slow
growth(http.rps) > 50%              db.connections.total >= db.connections.usable
pinned(threads.limiter.busy)        stands alone: it holds or it does not
"""

from __future__ import annotations

import re
from typing import Final

from fastdiag.errors import nearest
from fastdiag.located.readers import choices
from fastdiag.model.quantity import Quantity, Unit, parse_quantity
from fastdiag.model.rule import Comparison, Function, Operand, Operator, Parameter
from fastdiag.rulebook.vocabulary import Misfit, Vocabulary, fit, said

_OPERATOR: Final = re.compile(r"[<>=!≤≥≠~]+")
_CALL: Final = re.compile(r"(?P<function>[^\s()]*)\s*\(\s*(?P<signal>.*?)\s*\)", re.DOTALL)
_NUMERIC: Final = re.compile(r"[+-]?\.?\d")
_JOINED: Final = re.compile(r"\s(and|or|&&|\|\|)\s", re.IGNORECASE)
_TYPOS: Final = {
    "=>": ">=",
    "=<": "<=",
    "=": "==",
    "===": "==",
    "<>": "!=",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "=!": "!=",
}  # fmt: skip - a table of words
_FORM: Final = "a condition is `signal operator value`, such as `db.pool.utilization >= 95%`"
_HELD: Final = Quantity(1.0, Unit.RATIO, "1")
"""`pinned(x)` is kept as `pinned(x) >= 1`: it is 1 or 0."""


class Misread(ValueError):  # noqa: N818 - a finding, noted with its place by whoever knows it
    """A condition that cannot be read: the sentence, where in the text (from 0), and a hint."""

    def __init__(self, message: str, offset: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.offset = offset
        self.hint = hint


def parse_comparison(text: str, vocabulary: Vocabulary) -> Comparison:
    """Read one comparison. Raise Misread when it makes no sense or names what the vocabulary lacks.

    A quantity comes back in the unit of the signal, its text as written: `str()` of the result, read
    again, is the same comparison.
    """
    signs = list(_OPERATOR.finditer(text))
    if not signs:
        return _alone(text, vocabulary)
    if len(signs) > 1:
        joined = _JOINED.search(text)
        raise Misread("this is more than one comparison", signs[1].start(), _nesting_hint(joined))
    sign = signs[0]
    operator = _operator(sign)
    left = _operand(text[: sign.start()], 0, vocabulary)
    if left.function is Function.PINNED and (operator, text[sign.end() :].strip()) != (Operator.GE, "1"):
        raise Misread("pinned(...) holds or does not", sign.start(), f"write `{left}`, or {{not: {left}}}")
    return Comparison(left, operator, _right(text[sign.end() :], sign.end(), left, vocabulary))


def _nesting_hint(joined: re.Match[str] | None) -> str:
    word = "any" if joined and joined[1].lower() in {"or", "||"} else "all"
    return f"write each for itself: {{{word}: [..., ...]}}"


def _alone(text: str, vocabulary: Vocabulary) -> Comparison:
    call = _CALL.fullmatch(text.strip())
    if call is None or call["function"] != Function.PINNED:
        raise Misread(f"{text.strip()!r} compares nothing", _skip(text), _FORM)
    return Comparison(_operand(text, 0, vocabulary), Operator.GE, _HELD)


def _operator(sign: re.Match[str]) -> Operator:
    try:
        return Operator(sign[0])
    except ValueError:
        meant = _TYPOS.get(sign[0])
        hint = f"did you mean {meant!r}?" if meant else f"one of: {', '.join(Operator)}"
        raise Misread(f"{sign[0]!r} is not an operator", sign.start(), hint) from None


def _operand(text: str, start: int, vocabulary: Vocabulary) -> Operand:
    """Read a signal or a function of one; ``start`` is where ``text`` stands in the condition."""
    start += _skip(text)
    text = text.strip()
    if not text:
        raise Misread("a signal is missing here", start, _FORM)
    call = _CALL.fullmatch(text)
    if call is None:
        return Operand(_signal(text, start, vocabulary))
    signal, at = call["signal"], start + call.start("signal")
    if "(" in signal:
        raise Misread("functions do not nest", at)
    function = _function(call["function"], start)
    return Operand(_signal(signal, at, vocabulary), function)


def _function(name: str, start: int) -> Function:
    try:
        return Function(name)
    except ValueError:
        raise Misread(f"unknown function {name!r}", start, choices(name, list(Function))) from None


def _signal(name: str, start: int, vocabulary: Vocabulary) -> str:
    """Return a signal by the name that it has now."""
    if vocabulary.current(name) in vocabulary.units:
        return vocabulary.current(name)
    if _NUMERIC.match(name) or name.startswith("$"):
        raise Misread(
            f"{name!r} stands where a signal should", start, "the signal comes first, then the value"
        )
    if "(" in name or ")" in name:
        raise Misread(f"the parentheses in {name!r} do not match", start)
    raise Misread(f"unknown signal {name!r}", start, nearest(name, vocabulary.units))


def _right(text: str, start: int, left: Operand, vocabulary: Vocabulary) -> Quantity | Parameter | Operand:
    start += _skip(text)
    text = text.strip()
    if not text:
        raise Misread("the value to compare with is missing", start, _FORM)
    if text.startswith("$"):
        return _parameter(text[1:], start, left, vocabulary)
    if _NUMERIC.match(text):
        return _quantity(text, start, left, vocabulary)
    if "(" not in text and vocabulary.current(text) not in vocabulary.units:
        hint = nearest(text, [*vocabulary.units, *(f"${name}" for name in vocabulary.parameters)])
        raise Misread(f"{text!r} is neither a value, a $parameter nor a signal", start, hint)
    return _other(_operand(text, start, vocabulary), start, left, vocabulary)


def _parameter(name: str, start: int, left: Operand, vocabulary: Vocabulary) -> Parameter:
    if name not in vocabulary.parameters:
        raise Misread(f"unknown parameter '${name}'", start, _parameter_hint(name, vocabulary))
    value = vocabulary.parameters[name]
    if value is not None:
        _fitted(value, start, left, vocabulary)
    return Parameter(name)


def _parameter_hint(name: str, vocabulary: Vocabulary) -> str | None:
    return nearest(f"${name}", [f"${known}" for known in vocabulary.parameters])


def _quantity(text: str, start: int, left: Operand, vocabulary: Vocabulary) -> Quantity:
    try:
        value = parse_quantity(text)
    except ValueError as error:
        raise Misread(str(error), start) from None
    return _fitted(value, start, left, vocabulary)


def _fitted(value: Quantity, start: int, left: Operand, vocabulary: Vocabulary) -> Quantity:
    unit = unit_of(left, vocabulary)
    if unit is None:
        return value
    try:
        return fit(value, unit, str(left), beyond_one=left.function in {Function.SPREAD, Function.GROWTH})
    except Misfit as misfit:
        raise Misread(str(misfit), start, misfit.hint) from None


def _other(right: Operand, start: int, left: Operand, vocabulary: Vocabulary) -> Operand:
    if right == left:
        raise Misread(f"{left} is compared with itself", start)
    units = unit_of(left, vocabulary), unit_of(right, vocabulary)
    if units[0] and units[1] and units[0] is not units[1]:
        raise Misread(f"{right} is {said(units[1])}, and {left} is {said(units[0])}", start)
    return right


def unit_of(operand: Operand, vocabulary: Vocabulary) -> Unit | None:
    """Return the unit of a signal or of a function of it; None when the signal's definition is at fault."""
    match operand.function:
        case Function.SPREAD | Function.GROWTH | Function.PINNED:
            return Unit.RATIO
        case Function.WORST | Function.BEFORE | None:
            return vocabulary.units[operand.signal]


def _skip(text: str) -> int:
    return len(text) - len(text.lstrip())
