"""From conditions to rules: what can be told, what is left out and said, and hostile names."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from fastdiag.alerts.cases import cases_file
from fastdiag.alerts.conditions import Teller, expression
from fastdiag.alerts.document import rule_file
from fastdiag.alerts.feeding import feed
from fastdiag.alerts.values import holds, near_misses, ways
from fastdiag.model.quantity import Quantity, Unit
from fastdiag.model.rule import AllOf, AnyOf, Comparison, Function, Not, Operand, Operator, Parameter
from fastdiag.model.signal import Missing, Reason
from tests.alerts.bench import first_sources, made, promtool, seen, server_sources, shipped, write

GONE = Missing(Reason.ABSENT, "not there")
TELLER = Teller(
    unseen={"a": None, "b": None, "gone": GONE}, parameters={"slow": Quantity(2.0, Unit.SECONDS, "2s")}
)
UNITS = {"a": Unit.SECONDS, "b": Unit.COUNT}


def over(name: str, value: float, operator: Operator = Operator.GT) -> Comparison:
    return Comparison(Operand(name), operator, Quantity(value, None, f"{value:g}"))


def test_what_cannot_be_seen_adds_nothing_to_any_and_makes_all_unknown() -> None:
    anyone = TELLER.tell(AnyOf((over("a", 1), over("gone", 1))))
    everyone = TELLER.tell(AllOf((over("a", 1), over("gone", 1))))
    assert anyone.tellable is not None
    assert expression(anyone.tellable, "shop") == 'fastdiag:a{service="shop"} > 1'
    assert everyone.tellable is None
    assert [gap.text for gap in anyone.left_out] == [gap.text for gap in everyone.left_out] == ["gone > 1"]


def test_the_opposite_of_any_is_all_of_the_opposites() -> None:
    told = TELLER.tell(Not(AnyOf((over("a", 1), over("b", 3, Operator.LE)))))
    assert told.tellable is not None
    assert expression(told.tellable, "s") == 'fastdiag:a{service="s"} <= 1\nand fastdiag:b{service="s"} > 3'
    assert TELLER.tell(Not(AnyOf((over("a", 1), over("gone", 3))))).tellable is None


def test_parameters_have_the_users_values_and_signals_are_compared_with_each_other() -> None:
    slow = TELLER.tell(Comparison(Operand("a"), Operator.GT, Parameter("slow"))).tellable
    both = TELLER.tell(Comparison(Operand("a"), Operator.GE, Operand("b"))).tellable
    assert slow is not None
    assert both is not None
    assert expression(slow, "s") == 'fastdiag:a{service="s"} > 2'
    assert expression(both, "s") == 'fastdiag:a{service="s"} >= fastdiag:b{service="s"}'


def test_a_function_of_a_signal_is_left_out_and_said() -> None:
    told = TELLER.tell(Comparison(Operand("a", Function.WORST), Operator.GT, Quantity(1, None, "1")))
    assert told.tellable is None
    assert told.left_out[0].why.detail == "worst(a) is worked out by fastdiag alone"


def test_each_way_makes_the_condition_hold_and_a_near_miss_does_not() -> None:
    told = TELLER.tell(AnyOf((AllOf((over("a", 1), over("b", 3, Operator.LT))), over("b", 9)))).tellable
    assert told is not None
    found = list(ways(told, UNITS))
    assert found == [{"a": 1.25, "b": 2.0}, {"b": 10.0}]
    assert all(holds(told, values) for values in found)
    assert list(near_misses(told, found[0], UNITS)) == [{"a": 0.9, "b": 2.0}, {"a": 1.25, "b": 4.0}]


def test_what_no_metric_shows_is_listed_with_what_it_would_take() -> None:
    text = rule_file(made(seen(first_sources("queue.depth"))), shipped())
    tail = " ".join(line.lstrip("# ") for line in text.splitlines() if line.startswith("#"))
    assert "PoolTimeouts (warning): Requests give up waiting" in tail
    assert "db.pool.timeouts > 0/s: takes metrics of opentelemetry, opentelemetry (old), psycopg_pool" in tail
    assert "http.oldest > $hang: takes a look by fastdiag itself (processes)" in tail
    assert 'fastdiag_symptom_active{service="shop", symptom="' in tail


def test_without_any_metric_there_is_no_rule_and_promtool_agrees(tmp_path: Path) -> None:
    rules, tests = write(made(seen({})), tmp_path)
    assert yaml.safe_load(rules.read_text(encoding="utf-8")) == {"groups": []}
    promtool("check", "rules", rules)
    promtool("test", "rules", tests)


HOSTILE = 'x"}: y\n- alert: Evil\n  expr: vector(1) # {{ query "up" }} \u202e \x1b[31m'


def test_a_hostile_name_stays_a_name(tmp_path: Path) -> None:
    """Out of YAML, PromQL, templates, comments and the shell of whoever pastes the command."""
    known = seen(first_sources("service.cpu", "http.latency.p95"), service=HOSTILE)
    rules, _ = write(made(known), tmp_path)
    document = yaml.safe_load(rules.read_text(encoding="utf-8"))
    (group,) = document["groups"]
    assert {rule.get("record") for rule in group["rules"]} == {
        "fastdiag:service_cpu",
        "fastdiag:http_latency_p95",
        None,
    }
    assert group["rules"][0]["labels"] == {"service": HOSTILE}
    assert not any(rule.get("alert") == "Evil" for rule in group["rules"])
    alert = next(rule for rule in group["rules"] if "alert" in rule)
    assert '{{ "{{" }} query "up"' in alert["annotations"]["summary"]
    assert "\x1b" not in alert["annotations"]["runbook"]
    comments = [line for line in rules.read_text(encoding="utf-8").splitlines() if "\u202e" in line]
    assert not [line for line in comments if line.lstrip().startswith("#")]
    promtool("check", "rules", rules)


def test_a_histogram_whose_buckets_end_early_still_exceeds_its_highest_bound(tmp_path: Path) -> None:
    """histogram_quantile() alone would say 1 s for ever, and an alert on `> 1s` would never fire."""
    known = seen(first_sources("service.cpu", "http.latency.p95"), bounds={"0.5": 0.5, "1.0": 1.0})
    rules, tests = write(made(known), tmp_path)
    assert "LowCpuHighLatency (warning) fires: service.cpu 45%, http.latency.p95 1.2 s" in tests.read_text(
        "utf-8"
    )
    document = yaml.safe_load(tests.read_text("utf-8"))
    document["tests"] = document["tests"][:3]
    tests.write_text(yaml.safe_dump(document), encoding="utf-8")
    promtool("test", "rules", tests)
    assert rules.exists()


def test_native_histograms_are_given_by_their_recorded_value() -> None:
    source = server_sources("http.latency.p95")[0]
    known = seen({"http.latency.p95": source}, native=frozenset({source.metric or ""}), bounds={})
    found = made(known)
    fed = feed({"http.latency.p95": 2.0}, found, shipped().catalogue)
    assert fed.given == ["http.latency.p95"]
    assert "histogram_count" in found.records[0].promql


@pytest.mark.parametrize(
    ("selector", "label"),
    [
        ('job="shop", namespace=~"a|b"', 'namespace="a"'),
        ('job=~"shop-[0-9]+"', None),  # which value would match is not found out: the value itself is given
        ('job="shop", env!="test"', 'job="shop"'),
    ],
)
def test_made_up_series_match_the_users_selector(selector: str, label: str | None) -> None:
    found = made(seen(first_sources("queue.depth"), selector=selector))
    fed = feed({"queue.depth": 3.0}, found, shipped().catalogue)
    (series,) = fed.series
    assert fed.given == ([] if label else ["queue.depth"])
    assert (label or "fastdiag:queue_depth") in series


def test_the_tests_name_the_rules_from_where_they_lie(tmp_path: Path) -> None:
    text = cases_file(made(seen({})), shipped(), tmp_path / "rules" / "a.yaml", tmp_path / "tests" / "b.yaml")
    assert yaml.safe_load(text)["rule_files"] == ["../rules/a.yaml"]
