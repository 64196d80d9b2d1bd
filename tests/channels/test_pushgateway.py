"""Metrics to a real Pushgateway."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from fastdiag.channels import pushgateway
from fastdiag.channels.failure import DeliveryError
from fastdiag.model.notify import WebPlace
from fastdiag.model.report import Report
from fastdiag.model.target import Secret
from fastdiag.render.prometheus import render
from tests.render.diagnoses import HEALTHY, POOL_DRAINED
from tests.stack import pushgateway as stack
from tests.stack.pushgateway import Pushgateway


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pushgateway]:
    with stack.pushgateway(tmp_path_factory.mktemp("pushgateway")) as running:
        yield running


def push(gateway: Pushgateway, text: str, **group: str) -> None:
    pushgateway.push(WebPlace(url=Secret(gateway.url)), text, group, time.monotonic() + 5)


def test_a_report_replaces_the_one_before_it(gateway: Pushgateway) -> None:
    for diagnosis in (POOL_DRAINED, HEALTHY):
        push(gateway, render(Report(diagnosis=diagnosis)), service="shop-api", instance="web-1")
    ours = [line for line in gateway.metrics() if 'service="shop-api"' in line]
    assert any(line.startswith("fastdiag_status{") and 'status="ok"} 1' in line for line in ours)
    assert not any(line.startswith("fastdiag_symptom_active") for line in ours), "of the report before"
    assert all('instance="web-1"' in line and 'job="fastdiag"' in line for line in ours)


def test_a_service_whose_name_is_a_path_or_nothing(gateway: Pushgateway) -> None:
    for service in ("shop/api v2", "", "ä"):
        push(gateway, "fastdiag_odd 1\n", service=service)
    odd = [line for line in gateway.metrics() if line.startswith("fastdiag_odd")]
    assert len(odd) == 3
    assert any('service="shop/api v2"' in line for line in odd)
    assert any('service="ä"' in line for line in odd)


def test_trying_it_out_leaves_nothing_behind(gateway: Pushgateway) -> None:
    pushgateway.check(WebPlace(url=Secret(gateway.url)), {"service": "tried"}, time.monotonic() + 5)
    assert not [line for line in gateway.metrics() if "tried" in line]


def test_what_is_no_metric_is_refused_in_its_words(gateway: Pushgateway) -> None:
    with pytest.raises(DeliveryError, match=r"refused it \(400\): text format parsing error"):
        push(gateway, "this is no metric\n", service="shop")
