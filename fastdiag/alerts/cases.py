"""Tests of the rules for `promtool test rules`: each way in which an alert fires, and near misses."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from fastdiag.alerts.document import comment, dump
from fastdiag.alerts.feeding import Course, Feed, Grows, Stays, feed
from fastdiag.alerts.make import Level, Made
from fastdiag.alerts.values import Values, holds, near_misses, ways
from fastdiag.alerts.wording import alert_name
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.rule import Rulebook

MAX_STEP_S: Final = 60
STEPS: Final = 5
"""Samples that a window holds at least."""
SILENT_STEPS: Final = 10
MARGIN_STEPS: Final = 2
"""Evaluations after which an alert that has waited long enough is surely seen to fire."""

Case = dict[str, object]


def cases_file(made: Made, rulebook: Rulebook, rules: Path, tests: Path) -> str:
    """Return the tests of the rules in the file ``rules``, to be written to ``tests``."""
    step_s = _step(made)
    name = os.path.relpath(rules.resolve(), tests.resolve().parent)
    head = dump({"rule_files": [name], "evaluation_interval": f"{step_s}s"})
    cases = [case for level in made.levels for case in _cases(level, made, rulebook)]
    told = comment(
        f"Tests of {name}: promtool test rules {tests.name}. Made-up series of the metrics that were "
        "found bring each alert about, in every way in which it can be, and miss it by a tenth. Where a "
        "signal rests on an expression of several metrics, its recorded value is given."
    )
    return f"{told}\n{head}{dump({'tests': [_silence(_step(made)), *cases]})}"


def _silence(step_s: int) -> Case:
    """Return the test that nothing fires where nothing is known."""
    nothing = {"expr": "ALERTS", "eval_time": f"{SILENT_STEPS * step_s}s", "exp_samples": []}
    return {
        "name": "nothing fires without metrics",
        "interval": f"{step_s}s",
        "input_series": [],
        "promql_expr_test": [nothing],
    }


def _step(made: Made) -> int:
    return max(1, min(MAX_STEP_S, made.seen.window_s // STEPS))


def _cases(level: Level, made: Made, rulebook: Rulebook) -> Iterator[Case]:
    units = {name: signal.unit for name, signal in rulebook.catalogue.signals.items()}
    told = [values for values in ways(level.tellable, units) if not _is_overruled(level, values)]
    title = f"{alert_name(level.alert.id)} ({level.severity})"
    for values in told:
        yield _case(f"{title} fires: {_said(values, units)}", level, values, made, rulebook, fires=True)
    missed = [one for values in told[:1] for one in near_misses(level.tellable, values, units)]
    for values in missed:
        name = f"{title} does not fire: {_said(values, units)}"
        yield _case(name, level, values, made, rulebook, fires=False)


def _is_overruled(level: Level, values: Values) -> bool:
    return any(holds(other, values) for other in level.unless)


def _said(values: Values, units: Mapping[str, Unit]) -> str:
    return ", ".join(f"{name} {format_value(value, units[name])}" for name, value in values.items())


def _case(  # noqa: PLR0913 - what is expected of which alert, when, of what
    name: str, level: Level, values: Values, made: Made, rulebook: Rulebook, *, fires: bool
) -> Case:
    step_s = _step(made)
    steps = math.ceil((made.seen.window_s + level.for_s) / step_s) + MARGIN_STEPS
    fed = feed(values, made, rulebook.catalogue)
    severity, alert = level.severity, alert_name(level.alert.id)
    alerts = f'count(ALERTS{{alertname="{alert}", severity="{severity}", alertstate="firing"}})'
    return {
        "name": name,
        "interval": f"{step_s}s",
        "input_series": steps_of(fed, steps, step_s),
        "promql_expr_test": [
            {
                "expr": alerts,
                "eval_time": f"{steps * step_s}s",
                "exp_samples": [{"labels": "{}", "value": 1}] if fires else [],
            }
        ],
    }


def steps_of(fed: Feed, steps: int, step_s: int) -> list[dict[str, str]]:
    """Return the series with their values, as promtool takes them."""
    return [
        {"series": series, "values": _notation(course, steps, step_s)}
        for series, course in fed.series.items()
    ]


def _notation(course: Course, steps: int, step_s: int) -> str:
    match course:
        case Grows(per_second=per_second):
            return f"0+{per_second * step_s:.12g}x{steps}"
        case Stays(value=value):
            return f"{value:.12g}+0x{steps}"
