"""The rules of a Prometheus server: read from a real one, and refused where the answer is something else."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from fastdiag.collectors.prometheus.rules import MAX_RULES, parse_rules, read_rules
from fastdiag.collectors.sink import SourceFailed, SourceSkipped
from fastdiag.model.readiness import AlertRule
from fastdiag.model.signal import Reason
from fastdiag.model.target import Secret, Target
from tests.stack.ports import free_port
from tests.stack.prometheus import prometheus

RULES = """\
groups:
  - name: shop
    rules:
      - {record: "job:timeouts", expr: 'sum(rate(http_requests_total{status="504"}[5m]))'}
      - {alert: Timeouts, expr: "job:timeouts > 0"}
"""


def wait_s(seconds: float) -> float:
    return time.monotonic() + seconds


def test_the_rules_of_a_real_server(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(RULES, encoding="utf-8")
    with prometheus({}, tmp_path, more=f"rule_files: [{tmp_path / 'rules.yml'}]\n") as server:
        found = read_rules(Target(prometheus=Secret(f"{server.url}/")), wait_s(10))
    assert found.url == server.url
    assert found.alerts == (AlertRule(name="Timeouts", group="shop", query="job:timeouts > 0"),)
    assert list(found.records) == ["job:timeouts"]


def test_without_a_server_it_is_said_how_to_name_one() -> None:
    with pytest.raises(SourceSkipped) as caught:
        read_rules(Target(), wait_s(1))
    assert "--prometheus" in str(caught.value.hint)


def test_a_server_that_does_not_answer_is_told_without_its_password() -> None:
    target = Target(prometheus=Secret(f"http://me:hunter2@127.0.0.1:{free_port()}"))
    with pytest.raises(SourceFailed) as caught:
        read_rules(target, wait_s(2))
    assert "hunter2" not in f"{caught.value.detail} {caught.value.hint}"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"data": {"groups": 7}}',
        b'{"data": {"groups": [7]}}',
        b'{"data": {"groups": [{"rules": [{"type": "alerting"}]}]}}',
        b"[" * 100_000,
    ],
    ids=["nothing", "html", "list", "no data", "number", "no group", "no name", "deep"],
)
def test_what_is_no_list_of_rules_is_refused(body: bytes) -> None:
    with pytest.raises(SourceFailed) as caught:
        parse_rules(body, "http://prometheus:9090")
    assert caught.value.reason is Reason.FAILED


def test_a_flood_of_rules_is_refused() -> None:
    rule = {"type": "alerting", "name": "x", "query": "up"}
    body = json.dumps({"data": {"groups": [{"name": "g", "rules": [rule] * (MAX_RULES + 1)}]}}).encode()
    with pytest.raises(SourceFailed, match="5,000"):
        parse_rules(body, "http://prometheus:9090")


def test_what_the_server_could_not_evaluate_is_kept() -> None:
    rule = {"type": "alerting", "name": "x", "query": "up", "lastError": "many-to-many"}
    body = json.dumps({"data": {"groups": [{"name": "g", "rules": [rule]}]}}).encode()
    assert parse_rules(body, "u").alerts[0].error == "many-to-many"
