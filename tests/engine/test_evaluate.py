"""Conditions: Kleene logic, functions, formulas, edges, and the words for what was seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastdiag.engine.evaluate import Truth, compare, decide, describe
from fastdiag.engine.look import Look
from fastdiag.model.rule import Condition, Rulebook
from fastdiag.model.signal import Bound, Part, Range, Reading
from tests.engine.tables import book, reading, seen

EVIDENCE = """
evidence:
  for:
{rows}
  against:
    - {{when: "x.cpu > 99%", weight: weak, because: busy}}
"""


@pytest.fixture
def table(tmp_path: Path) -> Rulebook:
    return book(tmp_path)


def condition(tmp_path: Path, text: str) -> tuple[Rulebook, Condition]:
    rows = f"    - {{when: {text}, weight: weak, because: said}}"
    made = book(tmp_path / "rules", one=EVIDENCE.format(rows=rows))
    return made, made.cause("one").supports[0].when


def truth(tmp_path: Path, text: str, **values: float | Reading) -> tuple[Truth, str]:
    made, when = condition(tmp_path, text)
    look = Look(seen(made, **values), made)
    found = decide(when, lambda atom: compare(atom, look))
    return found, describe(when, look, found)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('{all: ["x.queue > 1", "x.cpu > 1%"]}', True),
        ('{all: ["x.queue > 9", "x.lag > 1s"]}', False),  # one false part decides, whatever is unknown
        ('{all: ["x.queue > 1", "x.lag > 1s"]}', None),
        ('{any: ["x.queue > 1", "x.lag > 1s"]}', True),
        ('{any: ["x.queue > 9", "x.lag > 1s"]}', None),
        ('{not: "x.lag > 1s"}', None),
        ('{not: {any: ["x.queue > 9", "x.cpu > 90%"]}}', True),
    ],
)
def test_kleene_logic(tmp_path: Path, text: str, holds: bool | None) -> None:
    assert truth(tmp_path, text, x_queue=3, x_cpu=0.5)[0].holds is holds


AT_LEAST_3 = (Bound.AT_LEAST, 3.0)
AT_MOST_3 = (Bound.AT_MOST, 3.0)


@pytest.mark.parametrize(
    ("text", "bounded", "expected"),
    [
        ("x.queue > 2", AT_LEAST_3, (True, True)),
        ("x.queue >= 3", AT_LEAST_3, (True, True)),
        ("x.queue > 3", AT_LEAST_3, (False, False)),  # it may be 4
        ("x.queue < 4", AT_LEAST_3, (True, False)),
        ("x.queue < 3", AT_LEAST_3, (False, True)),
        ("x.queue < 4", AT_MOST_3, (True, True)),
        ("x.queue <= 3", AT_MOST_3, (True, True)),
        ("x.queue > 2", AT_MOST_3, (True, False)),
        ("x.queue > 3", AT_MOST_3, (False, True)),
        ("x.queue == 4", AT_LEAST_3, (False, False)),
        ("x.queue > 2", (None, 3.0), (True, False)),
        ("worst(x.queue) > 2", AT_LEAST_3, (True, False)),  # nothing is said of the parts
        ("x.queue > x.size", AT_LEAST_3, (True, True)),
        ("x.size < x.queue", AT_LEAST_3, (True, True)),
        ("x.size > x.queue", AT_MOST_3, (False, False)),
    ],
)
def test_a_bound_is_trusted_where_the_true_value_cannot_change_the_answer(
    tmp_path: Path,
    table: Rulebook,
    text: str,
    bounded: tuple[Bound | None, float],
    expected: tuple[bool, bool],
) -> None:
    bound, value = bounded
    parts = (Part(labels=(("of", "one"),), value=value),)
    queue = reading(table.catalogue, "x.queue", value, parts=parts, bias="in doubt", bound=bound)

    found, _ = truth(tmp_path, f'"{text}"', x_queue=queue, x_size=2)

    assert (found.holds, found.trusted) == expected


def test_what_cannot_be_computed_is_unknown(tmp_path: Path) -> None:
    assert truth(tmp_path / "a", '"x.share > 50%"', x_queue=3, x_size=0)[0].holds is None
    assert truth(tmp_path / "b", '"growth(x.queue) > 1"', x_queue=3)[0].holds is None
    assert truth(tmp_path / "c", '"worst(x.latency) > 1s"', x_latency=3)[0].holds is None
    assert truth(tmp_path / "d", '"x.latency > 1s"', x_latency=float("nan"))[0].holds is None


def test_a_formula_joins_parts_by_their_labels_and_its_value_is_the_worst(table: Rulebook) -> None:
    def parts(*values: float) -> tuple[Part, ...]:
        return tuple(Part(labels=(("worker", str(n)),), value=v) for n, v in enumerate(values))

    used = reading(table.catalogue, "x.queue", 8, parts=parts(5, 3))
    size = reading(table.catalogue, "x.size", 15, parts=parts(5, 10))
    share = Look(seen(table, x_queue=used, x_size=size), table).reading("x.share")
    assert isinstance(share, Reading)
    assert share.value == 1.0  # worker 0 is full, although 8 of 15 in all are not
    assert [part.value for part in share.by] == [1.0, 0.3]


def test_functions_of_a_breakdown(tmp_path: Path) -> None:
    made = book(tmp_path / "x")
    values = [(0.1, 500), (0.2, 400), (3.0, 50), (60.0, 2)]
    parts = tuple(Part(labels=(("route", str(n)),), value=v, count=c) for n, (v, c) in enumerate(values))
    latency = reading(made.catalogue, "x.latency", 0.2, parts=parts)
    assert truth(tmp_path / "a", '"worst(x.latency) == 3s"', x_latency=latency)[0].holds  # not the 2 requests
    assert truth(tmp_path / "b", '"spread(x.latency) >= 15"', x_latency=latency)[0].holds


def test_pinned_needs_three_samples(tmp_path: Path) -> None:
    made = book(tmp_path / "x")

    def pool(samples: int, lowest: float) -> Reading:
        return reading(
            made.catalogue, "x.queue", 15, window=Range(lowest=lowest, highest=15, samples=samples)
        )

    assert truth(tmp_path / "a", '"pinned(x.queue)"', x_queue=pool(5, 14.5))[0].holds is True
    assert truth(tmp_path / "b", '"pinned(x.queue)"', x_queue=pool(5, 9))[0].holds is False
    assert truth(tmp_path / "c", '"pinned(x.queue)"', x_queue=pool(2, 15))[0].holds is None


@pytest.mark.parametrize(
    ("text", "values", "edge"),
    [
        ('"x.latency > 1s"', {"x_latency": 1.0000001}, 0.0),
        ('"x.latency > 1s"', {"x_latency": 1.05}, 0.5),
        ('"x.latency > 1s"', {"x_latency": 4.0}, 1.0),
        ('"x.cpu >= 95%"', {"x_cpu": 1.0}, 1.0),  # a ratio cannot be more than full
        ('"x.queue >= 10"', {"x_queue": 10}, 1.0),  # whole things have no edge
    ],
)
def test_the_edge_of_a_threshold(tmp_path: Path, text: str, values: dict[str, float], edge: float) -> None:
    assert truth(tmp_path, text, **values)[0].edge == pytest.approx(edge, abs=1e-5)


def test_what_was_seen_is_said_with_numbers(tmp_path: Path) -> None:
    text = '{any: ["x.latency > $slow", "x.queue >= x.size"]}'
    assert truth(tmp_path / "a", text, x_latency=4.2, x_queue=1, x_size=5)[1] == "x.latency 4.2 s > 1 s"
    assert truth(tmp_path / "b", text, x_latency=0.2, x_queue=5, x_size=5)[1] == "x.queue 5 >= x.size 5"
    assert truth(tmp_path / "c", text)[1] == "x.latency unknown; x.queue unknown"


def test_parameters_travel_with_the_snapshot(table: Rulebook) -> None:
    import dataclasses  # noqa: PLC0415 - used here only

    mine = dataclasses.replace(seen(table, x_latency=2), parameters={"slow": "5s"})
    assert Look(mine, table).parameter("slow").value == 5
