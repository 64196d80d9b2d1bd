"""Choosing the service from what a Prometheus knows."""

import pytest

from fastdiag.collectors.prometheus.jobs import Service, choose
from fastdiag.collectors.sink import SourceFailed
from fastdiag.model.signal import Reason

HTTP = frozenset({"http_requests_total"})


def row(metric: str = "http_requests_total", **labels: str) -> dict[str, str]:
    return {"__name__": metric, **labels}


def chosen(rows: list[dict[str, str]], service: str | None = None) -> Service:
    return choose(rows, service, HTTP)


def test_the_only_service_that_counts_requests_is_taken_with_all_its_metrics() -> None:
    rows = [row(job="shop"), row("process_open_fds", job="shop"), row("process_open_fds", job="postgres")]
    service = chosen(rows)
    assert service.selector == 'job="shop"'
    assert service.doubt is None


def test_prometheus_and_exporters_are_not_the_service() -> None:
    rows = [row(job="shop"), row("python_info", job="shop")]
    rows += [
        row(job="prometheus"),
        row("go_info", job="prometheus"),
        row("prometheus_build_info", job="prometheus"),
    ]
    assert chosen(rows).selector == 'job="shop"'
    with pytest.raises(SourceFailed) as failure:
        chosen(rows[2:])
    assert failure.value.reason is Reason.ABSENT


@pytest.mark.parametrize("label", ["job", "service_name", "app", "service", "exported_job"])
def test_a_service_is_known_by_any_of_these_labels(label: str) -> None:
    rows = [row(job="one", app="other"), row(**{"job": "two", label: "shop"})]
    expected = 'job="two"' if label != "job" else 'job="shop"'
    assert chosen(rows, "shop").selector == expected


def test_a_collectors_job_is_divided_by_what_it_exports() -> None:
    rows = [
        row(job="otel-collector", exported_job="shop"),
        row("process_open_fds", job="otel-collector", exported_job="shop"),
        row(job="otel-collector", exported_job="billing"),
    ]
    service = chosen(rows, "shop")
    assert service.selector == 'exported_job="shop"'
    with pytest.raises(SourceFailed, match="several services count requests: billing, shop"):
        chosen(rows)


def test_the_namespace_of_opentelemetry_may_be_left_out() -> None:
    assert (
        chosen([row(job="shop/shop-api"), row(job="shop/billing")], "shop-api").selector
        == 'job="shop/shop-api"'
    )


def test_a_name_that_nobody_has_leads_to_the_only_service_with_a_doubt() -> None:
    service = chosen([row(job="fastapi")], "shop-api")
    assert service.selector == 'job="fastapi"'
    assert service.doubt == "no service is called 'shop-api': used the only one there, 'fastapi'"


def test_many_candidates_are_not_all_listed() -> None:
    with pytest.raises(SourceFailed) as failure:
        chosen([row(job=f"service-{number:02}") for number in range(30)])
    assert failure.value.detail.endswith("service-07, ...")
    assert failure.value.hint == "--service NAME, such as service-00"


def test_a_name_cannot_break_out_of_its_matcher() -> None:
    assert chosen([row(job='a"} or vector(1)')]).selector == 'job="a\\"} or vector(1)"'
