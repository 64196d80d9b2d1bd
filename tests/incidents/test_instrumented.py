"""The incidents with the line in the service: what changes, and what the score makes of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.incidents.deployments import ORDERS, TICKETS
from tests.incidents.instrumented import BROUGHT, INSTRUMENTED, instrumented, with_line
from tests.incidents.recorded import FOLDER, digest, records, snapshot_file
from tests.incidents.registry import every_incident
from tests.incidents.score import instrumented as score
from tests.incidents.stage import APPS

CHANGED = ("app", "libraries", "lacks", "metrics", "environment")
ONE = next(incident for incident in every_incident() if snapshot_file(incident.name).exists())


def test_a_service_keeps_its_own_page_and_gets_one_where_it_has_none() -> None:
    orders, tickets = with_line(ORDERS), with_line(TICKETS)
    assert orders.environment == {**ORDERS.environment, "INSTRUMENTED": "orders"}
    assert tickets.environment == {"INSTRUMENTED": "tickets", "EXPOSE": "/metrics"}
    assert tickets.metrics
    assert (APPS / orders.app).exists()
    assert not BROUGHT & (orders.lacks or frozenset())


def test_each_incident_is_the_same_but_for_the_line() -> None:
    for incident in every_incident():
        lined = instrumented(incident)
        unchanged = replace(
            incident.deployment, **{name: getattr(lined.deployment, name) for name in CHANGED}
        )
        assert replace(lined, deployment=unchanged) == replace(incident, deployment=lined.deployment)


def test_nobody_edited_a_recording() -> None:
    files = {file.stem: digest(file) for file in INSTRUMENTED.glob("*.json") if file.stem != "recorded"}
    assert {name: record.sha256 for name, record in records(INSTRUMENTED).items()} == files


def test_the_score_compares_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"{ONE.name}.json").write_bytes(snapshot_file(ONE.name, FOLDER).read_bytes())
    monkeypatch.setattr(score, "INSTRUMENTED", tmp_path)
    found = score.pairs()
    assert [str(pair.without) for pair in found] == [str(pair.with_line) for pair in found]
    text = "\n".join(score.instrumented_section(found))
    assert "1 of the incidents" in text
    assert f"| {ONE.name} |" in text


def test_without_recordings_the_score_says_nothing() -> None:
    assert score.instrumented_section([]) == []
