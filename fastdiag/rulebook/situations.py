"""The `examples` of a cause: situations, and what the table must say of the cause in each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fastdiag.errors import nearest
from fastdiag.located.fields import Fields, Shape
from fastdiag.located.located_yaml import Node, Scalar, Table
from fastdiag.located.problems import Problems
from fastdiag.located.readers import (
    read_entries,
    read_flag,
    read_number,
    read_quantity,
    read_word,
)
from fastdiag.model.diagnosis import Verdict
from fastdiag.model.example import Example, Expectation, Given
from fastdiag.model.quantity import Quantity, Unit
from fastdiag.rulebook.vocabulary import Misfit, Names, Vocabulary, fit

MISSING_WORD: Final = "missing"
EXAMPLE: Final = Shape("an example", ("name", "given", "expect"), ("observed",))
GIVEN: Final = Shape("a given signal", (), ("value", "before", "pinned", "parts"))
EXPECT: Final = Shape("'expect'", (), ("rank", "at_least", "at_most"))
_WORDS: Final = {verdict.words: verdict for verdict in Verdict}


def read_examples(nodes: Iterable[Node], names: Names, problems: Problems) -> tuple[Example, ...]:
    """Return the examples of one cause; their names differ."""
    examples: dict[str, Example] = {}
    for node in nodes:
        example = _example(node, names, problems)
        if example.name in examples:
            problems.note(node.place, f"another example is already called {example.name!r}")
        examples[example.name] = example
    return tuple(examples.values())


def _example(node: Node, names: Names, problems: Problems) -> Example:
    fields = Fields(node, EXAMPLE, problems)
    given, expect = fields.get("given"), fields.get("expect")
    return Example(
        name=fields.text("name"),
        given=read_given(given, names.vocabulary, problems) if given else {},
        observed=names.symptoms_in(fields.get("observed"), "'observed'", problems),
        expect=read_expectation(expect, problems) if expect else Expectation(),
        where=str(node.place),
    )


def read_given(node: Node, vocabulary: Vocabulary, problems: Problems) -> dict[str, Given]:
    """Return the signals that a situation gives."""
    given = {}
    for key, value in read_entries(node, "'given'", problems):
        name = vocabulary.current(key.text)
        if name not in vocabulary.units:
            hint = nearest(name, vocabulary.units)
            problems.note(key.place, f"unknown signal {name!r}", hint)
        given[name] = _one_given(name, vocabulary.units.get(name), value, problems)
    return given


def _one_given(signal: str, unit: Unit | None, node: Node, problems: Problems) -> Given:
    """Read `20%`, `missing`, or {value: 4s, before: 1s, pinned: true, parts: [1s, 9s]}."""
    if isinstance(node, Scalar) and node.text == MISSING_WORD:
        return Given(value=None)
    if not isinstance(node, Table):
        return Given(value=_quantity(signal, unit, node, problems))
    fields = Fields(node, GIVEN, problems)
    value, before = fields.get("value"), fields.get("before")
    if value is None and fields.get("parts") is None:
        problems.note(node.place, "a given signal needs 'value' or 'parts'", f"or the word {MISSING_WORD!r}")
    parts = [_quantity(signal, unit, part, problems) for part in fields.items("parts")]
    return Given(
        value=_quantity(signal, unit, value, problems) if value else None,
        before=_quantity(signal, unit, before, problems) if before else None,
        pinned=fields.read("pinned", read_flag),
        parts=tuple(part for part in parts if part is not None),
    )


def _quantity(signal: str, unit: Unit | None, node: Node, problems: Problems) -> Quantity | None:
    quantity = read_quantity(node, signal, problems, other_words=[MISSING_WORD])
    if quantity is None or unit is None:
        return quantity
    try:
        return fit(quantity, unit, signal)
    except Misfit as misfit:
        problems.note(node.place, str(misfit), misfit.hint)
        return None


def read_expectation(node: Node, problems: Problems) -> Expectation:
    """Read a verdict, which is then meant exactly, or {rank: 1, at_least: likely, at_most: ...}."""
    if isinstance(node, Scalar):
        word = read_word(node, "'expect'", tuple(_WORDS), problems)
        return Expectation(at_least=word, at_most=word)
    fields = Fields(node, EXPECT, problems)
    expected = Expectation(
        rank=_rank(fields), at_least=fields.word("at_least", _WORDS), at_most=fields.word("at_most", _WORDS)
    )
    if isinstance(node, Table) and not node.entries:
        problems.note(node.place, "'expect' expects nothing", f"a verdict ({', '.join(_WORDS)}) or a rank")
    if expected.at_least and expected.at_most and _WORDS[expected.at_least] > _WORDS[expected.at_most]:
        problems.note(node.place, f"nothing is at least {expected.at_least} and at most {expected.at_most}")
    return expected


def _rank(fields: Fields) -> int | None:
    rank, node = fields.read("rank", read_number), fields.get("rank")
    if rank is None or node is None:
        return None
    if rank < 1 or rank != int(rank):
        fields.problems.note(node.place, f"'rank' must be 1, 2, 3 ..., and is {rank:g}")
    return int(rank)
