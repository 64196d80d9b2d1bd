"""Every metric of every library that the table knows: promtool takes the rules, and they tell it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from fastdiag.alerts.cases import steps_of
from fastdiag.alerts.conditions import recorded
from fastdiag.alerts.feeding import feed
from fastdiag.alerts.make import Made, wanted
from fastdiag.collectors.prometheus.choice import ServerSource
from fastdiag.model.quantity import Unit
from fastdiag.model.signal import MetricSource
from tests.alerts.bench import made, promtool, seen, server_sources, shipped, write

VALUES: Final = {Unit.SECONDS: 2.0, Unit.RATIO: 0.25, Unit.COUNT: 3.0, Unit.PER_SECOND: 0.5, Unit.BYTES: 1e6}
QUANTILES: Final = {"http.latency.p50": 0.5, "http.latency.p99": 8.0}
"""Apart from the 95th percentile, and below the highest bucket."""
END_S: Final = 600


def variants() -> list[dict[str, ServerSource]]:
    """Return for each number n the n-th source of each signal: together they are all sources."""
    known = {name: server_sources(name) for name in wanted(shipped())}
    most = max(map(len, known.values()))
    return [
        {name: sources[number] for name, sources in known.items() if number < len(sources)}
        for number in range(most)
    ]


def test_promtool_takes_the_rules_of_every_library(tmp_path: Path) -> None:
    files = [write(made(seen(one)), tmp_path, f"shop{number}") for number, one in enumerate(variants())]
    assert len(files) > 5
    promtool("check", "rules", *(rules for rules, _ in files))


def test_each_signal_is_recorded_with_the_value_that_its_raw_metrics_have(tmp_path: Path) -> None:
    """Made-up series of each library's metrics, with known values, through the real promtool."""
    files, told = [], 0
    for number, one in enumerate(variants()):
        found = made(seen(one))
        rules, tests = write(found, tmp_path, f"shop{number}")
        portions = list(_portions(found))
        groups = [_group(values, found) for values in portions]
        told += sum(len(values) for values in portions)
        document = {"rule_files": [rules.name], "evaluation_interval": "1m", "tests": groups}
        tests.write_text(json.dumps(document), encoding="utf-8")
        files.append(tests)
    promtool("test", "rules", *files)
    assert told > 60


def test_a_signal_from_a_single_metric_needs_no_recorded_value() -> None:
    for one in variants():
        found = made(seen({name: source for name, source in one.items() if isinstance(source, MetricSource)}))
        given = {
            name for name in _signals(found) if feed({name: _value(name)}, found, shipped().catalogue).given
        }
        assert not given


def _signals(found: Made) -> list[str]:
    return [record.signal for record in found.records]


def _value(name: str) -> float:
    return QUANTILES.get(name, VALUES[shipped().catalogue.signals[name].unit])


def _portions(found: Made) -> Iterator[Mapping[str, float]]:
    """Yield values of signals that can be made up together, until each has had its turn."""
    left = _signals(found)
    while left:
        values: dict[str, float] = {}
        for name in left:
            more = {**values, name: _value(name)}
            if not feed(more, found, shipped().catalogue).given:
                values = more
        if not values:
            return  # the others are told by expressions of their own
        yield values
        left = [name for name in left if name not in values]


def _group(values: Mapping[str, float], found: Made) -> dict[str, object]:
    fed = feed(values, found, shipped().catalogue)
    near = [
        (f"abs({recorded(name, 'shop')} - {value!r}) < bool {value / 50!r}") for name, value in values.items()
    ]
    return {
        "interval": "1m",
        "input_series": steps_of(fed, END_S // 60, 60),
        "promql_expr_test": [
            {
                "expr": expr,
                "eval_time": f"{END_S}s",
                "exp_samples": [{"labels": '{service="shop"}', "value": 1}],
            }
            for expr in near
        ],
    }
