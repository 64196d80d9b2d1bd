"""limits.yaml: read strictly, with every fault at its place, and replaced by users row by row."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastdiag.model.headroom import Fixed, Growth, Measure, Measured, ScalesWith, Scope
from fastdiag.model.quantity import Unit
from fastdiag.model.rule import Parameter
from fastdiag.model.signal import Formula
from fastdiag.rulebook.load import builtin_rules, load_rulebook
from tests.rulebook.tables import TABLE, refusal, write

POOL = """\
- id: pool
  title: Connection pool
  used: db.pool.in_use
  limit: db.pool.size
  per: service
  scales_with: traffic
  means: Requests wait for a connection.
  configured: pool_size
  raise: A larger pool.
  obtain: fastdiag headroom
  becomes: db-pool-exhaustion
"""
CPU = """\
- id: cpu
  title: CPU
  used: service.cpu
  limit: {value: 100%, from: all of its cores}
  or:
    - {used: db.pool.in_use, limit: $many, when: "http.latency.p95 > $slow"}
  per: host
  scales_with: none
  growth: {signal: service.cpu, per: 1h}
  means: Requests compete.
  configured: the machine
  raise: A larger one.
  obtain: top
"""


def table(limits: str) -> dict[str, str]:
    return {**TABLE, "limits.yaml": limits}


def test_a_row_is_read_in_full(tmp_path: Path) -> None:
    pool, cpu = load_rulebook(write(tmp_path, table(POOL + CPU))).limits
    assert pool.measures == (Measure(used="db.pool.in_use", limit=Measured("db.pool.size")),)
    assert (pool.per, pool.scales_with, pool.becomes) == (
        Scope.SERVICE,
        ScalesWith.TRAFFIC,
        "db-pool-exhaustion",
    )
    assert (pool.means, pool.configured) == ("Requests wait for a connection.", "pool_size")
    assert (pool.raise_it, pool.obtain) == ("A larger pool.", "fastdiag headroom")
    assert pool.where == "rules/limits.yaml:1:3"
    first, second = cpu.measures
    assert isinstance(first.limit, Fixed)
    assert (first.limit.value.value, first.limit.value.unit) == (1.0, Unit.RATIO)
    assert first.limit.source == "all of its cores"
    assert (second.limit, str(second.when)) == (Parameter("many"), "http.latency.p95 > $slow")
    assert cpu.growth == Growth("service.cpu", 3600.0)
    assert cpu.becomes is None


def test_a_table_without_limits_has_none(tmp_path: Path) -> None:
    assert load_rulebook(write(tmp_path)).limits == ()


def test_a_folder_of_ones_own_replaces_a_row_and_adds_another(tmp_path: Path) -> None:
    own = write(tmp_path / "ours", {"limits.yaml": POOL.replace("Connection pool", "Our pool") + CPU})
    limits = load_rulebook(write(tmp_path / "rules", table(POOL)), [own]).limits
    assert [(limit.id, limit.title) for limit in limits] == [("pool", "Our pool"), ("cpu", "CPU")]
    assert limits[0].where == f"{own}/limits.yaml:1:3"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "used: db.pool.in_use",
            "used: db.pool.inuse",
            (
                "rules/limits.yaml:3:9: 'used' names an unknown signal, 'db.pool.inuse'\n"
                "  hint: did you mean 'db.pool.in_use'?"
            ),
        ),
        (
            "limit: db.pool.size",
            "limit: service.cpu",
            "rules/limits.yaml:4:10: service.cpu is a ratio, and db.pool.in_use is a count",
        ),
        (
            "limit: db.pool.size",
            "limit: $manny",
            "rules/limits.yaml:4:10: unknown parameter '$manny'\n  hint: did you mean 'many'?",
        ),
        (
            "limit: db.pool.size",
            "limit: $slow",
            "rules/limits.yaml:4:10: $slow is 1s, and 'used' is a count",
        ),
        (
            "limit: db.pool.size",
            "limit: {value: 5s, from: a guess}",
            (
                "rules/limits.yaml:4:18: 5s does not fit 'used', which is a count\n"
                "  hint: write a bare number, such as 40"
            ),
        ),
        (
            "per: service",
            "per: sevice",
            (
                "rules/limits.yaml:5:8: 'per' is 'sevice', which is not one of its words\n"
                "  hint: did you mean 'service'?"
            ),
        ),
        (
            "scales_with: traffic",
            "scales_width: traffic",
            "rules/limits.yaml:6:3: a limit has no key 'scales_width'\n  hint: did you mean 'scales_with'?",
        ),
        (
            "becomes: db-pool-exhaustion",
            "becomes: db-pool-exhausted",
            (
                "rules/limits.yaml:11:12: 'becomes' names an unknown cause, 'db-pool-exhausted'\n"
                "  hint: did you mean 'db-pool-exhaustion'?"
            ),
        ),
        (
            "id: pool",
            "id: The Pool",
            "rules/limits.yaml:1:7: 'The Pool' cannot be an id\n  hint: an id is like db-pool",
        ),
    ],
)
def test_a_fault_is_told_with_its_place_and_the_right_word(
    old: str, new: str, said: str, tmp_path: Path
) -> None:
    assert refusal(tmp_path, table(POOL.replace(old, new))) == said


def test_growth_takes_a_time(tmp_path: Path) -> None:
    text = refusal(tmp_path, table(CPU.replace("per: 1h", "per: 5%")))
    assert text == "rules/limits.yaml:9:11: 5% is not a time\n  hint: write 1s or 1h"


def test_a_growth_is_one_of_what_is_used(tmp_path: Path) -> None:
    text = refusal(tmp_path, table(CPU.replace("signal: service.cpu", "signal: http.latency.p95")))
    assert text.startswith(
        "rules/limits.yaml:9:11: http.latency.p95 cannot be the growth of service.cpu or db.pool.in_use"
    )


def test_an_id_stands_once(tmp_path: Path) -> None:
    assert refusal(tmp_path, table(POOL + POOL)) == (
        "rules/limits.yaml:12:3: limit pool is already given in line 1"
    )


def test_a_misspelt_file_is_not_passed_over(tmp_path: Path) -> None:
    assert refusal(tmp_path, {**TABLE, "limit.yaml": POOL}) == (
        "rules/limit.yaml: this name means nothing in a rules folder\n  hint: did you mean 'limits.yaml'?"
    )


def test_every_built_in_limit_rests_on_signals_that_a_source_yields() -> None:
    book = load_rulebook(builtin_rules())
    signals = book.catalogue.signals

    def is_obtainable(name: str) -> bool:
        signal = signals[name]
        if isinstance(signal.formula, Formula):
            return is_obtainable(signal.formula.left) and is_obtainable(signal.formula.right)
        return bool(signal.sources)

    quoted = [
        name
        for limit in book.limits
        for measure in limit.measures
        for name in (measure.used, *((measure.limit.signal,) if isinstance(measure.limit, Measured) else ()))
    ]
    assert len(book.limits) >= 15
    assert [name for name in quoted if not is_obtainable(name)] == []


def test_every_built_in_limit_names_the_cause_it_turns_into() -> None:
    assert [limit.id for limit in load_rulebook(builtin_rules()).limits if limit.becomes is None] == []
