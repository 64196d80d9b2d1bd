"""The alerts that fastdiag itself prints are those that the checklist asks for."""

from __future__ import annotations

import pytest
import yaml

from fastdiag.alerts.document import rule_file
from fastdiag.alerts.make import wanted
from fastdiag.model.readiness import AlertRule, RuleSet
from fastdiag.readiness.alerting import Kind, of_kind
from tests.alerts.bench import made, seen, server_sources, shipped


@pytest.fixture(scope="module")
def printed() -> RuleSet:
    """Return what `fastdiag alerts` prints for a server that has every metric, as that would have it."""
    sources = {name: found[0] for name in wanted(shipped()) if (found := server_sources(name))}
    (group,) = yaml.safe_load(rule_file(made(seen(sources)), shipped()))["groups"]
    rules = group["rules"]
    return RuleSet(
        url="http://prometheus:9090",
        alerts=tuple(
            AlertRule(name=rule["alert"], group="g", query=rule["expr"]) for rule in rules if "alert" in rule
        ),
        records={rule["record"]: rule["expr"] for rule in rules if "record" in rule},
    )


@pytest.mark.parametrize("kind", Kind)
def test_alerts_that_fastdiag_prints_watch_for_what_the_checklist_asks(kind: Kind, printed: RuleSet) -> None:
    assert of_kind(printed, kind).speaks is True


@pytest.mark.parametrize("kind", Kind)
def test_without_their_alerts_the_same_records_watch_for_nothing(kind: Kind, printed: RuleSet) -> None:
    silent = RuleSet(url=printed.url, records=printed.records)
    assert of_kind(silent, kind).speaks is False
