"""`fastdiag alerts` as a command: what it refuses, and what it says where there is no Prometheus."""

from __future__ import annotations

from tests.cli.conftest import Here
from tests.stack.ports import LOOPBACK, free_port


def test_the_tests_take_a_file_of_rules_to_name(here: Here) -> None:
    ran = here.run("alerts", "--tests", "shop.tests.yaml")
    assert ran.code == 2
    assert "--tests needs --output FILE" in ran.err


def test_a_duration_that_is_none_is_refused(here: Here) -> None:
    ran = here.run("alerts", "--for", "5%")
    assert (ran.code, ran.out) == (2, "")
    assert "--for must be a time" in ran.err


def test_a_prometheus_that_does_not_answer_yields_no_rules(here: Here) -> None:
    ran = here.run("alerts", "--prometheus", f"http://{LOOPBACK}:{free_port()}", "-o", "shop.rules.yaml")
    assert (ran.code, ran.out) == (3, "")
    assert "no rules: Prometheus: connection refused" in ran.err
    assert not (here.folder / "shop.rules.yaml").exists()


def test_the_help_shows_how_promtool_takes_it(here: Here) -> None:
    ran = here.run("alerts", "--help")
    assert ran.code == 0
    assert "promtool test rules shop.tests.yaml" in ran.out
