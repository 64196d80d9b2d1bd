"""The recorded incidents, replayed: no false alarm, no false certainty, and snapshots that nobody edited."""

import pytest

from fastdiag.model.rule import Rulebook
from tests.incidents.judge import shortcomings
from tests.incidents.model import Incident
from tests.incidents.recorded import FOLDER, digest, records, snapshot_file
from tests.incidents.registry import every_incident
from tests.incidents.removal import without
from tests.incidents.score.cases import case_of
from tests.incidents.score.judged import judge, rules
from tests.incidents.views import SOURCES, View

RECORDED = [incident for incident in every_incident() if snapshot_file(incident.name).exists()]


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return rules()


@pytest.mark.parametrize("incident", RECORDED, ids=lambda incident: incident.name)
def test_the_recorded_incident_is_still_diagnosed(incident: Incident, rulebook: Rulebook) -> None:
    judged = judge(case_of(incident, snapshot_file(incident.name), rulebook.catalogue), View.ALL, rulebook)
    wrong = shortcomings(judged)
    if wrong and incident.falls_short:
        pytest.xfail(f"{incident.falls_short}: {'; '.join(wrong)}")
    assert wrong == [], str(judged)


def test_nobody_edited_a_recording() -> None:
    assert {name: record.sha256 for name, record in records().items()} == {
        file.stem: digest(file) for file in FOLDER.glob("*.json") if file.stem in records()
    }


def test_every_recording_is_of_an_incident_and_noted() -> None:
    files = {file.stem for file in FOLDER.glob("*.json")} - {"recorded"}
    assert files == records().keys()
    assert files <= {incident.name for incident in every_incident()}


def test_without_any_source_nothing_is_left(rulebook: Rulebook) -> None:
    case = case_of(RECORDED[0], snapshot_file(RECORDED[0].name), rulebook.catalogue)
    assert without(case.snapshot, SOURCES, rulebook.catalogue).readings == {}


def test_without_a_source_that_told_nothing_the_diagnosis_is_the_same(rulebook: Rulebook) -> None:
    case = case_of(RECORDED[0], snapshot_file(RECORDED[0].name), rulebook.catalogue)
    silent = SOURCES - {reading.source for reading in (*case.snapshot.readings.values(), *case.snapshot.also)}
    whole = without(case.snapshot, frozenset(), rulebook.catalogue)
    assert without(case.snapshot, silent, rulebook.catalogue).readings == whole.readings
