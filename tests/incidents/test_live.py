"""Each incident, live: the public command names its true cause, or says that it cannot tell."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.incidents.bench import run
from tests.incidents.beside.statements import PRELOADED
from tests.incidents.judge import shortcomings
from tests.incidents.model import Incident, Outcome
from tests.incidents.recorded import snapshot_file
from tests.incidents.registry import incidents_of
from tests.incidents.score.judged import judged_outcome
from tests.incidents.views import View
from tests.stack.postgres import Cluster, postgres

pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    incidents = incidents_of(metafunc.config.getoption("--incidents"))
    names = [incident.name for incident in incidents]
    metafunc.parametrize("outcome", incidents, ids=names, indirect=True, scope="module")


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with postgres(settings=PRELOADED) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def outcome(request: pytest.FixtureRequest, server: Cluster) -> Iterator[Outcome]:
    incident: Incident = request.param
    if incident.unmet:
        pytest.skip(f"needs {', '.join(need.value for need in incident.unmet)}")
    with TemporaryDirectory(prefix="fastdiag-live-") as folder:
        yield run(incident, server, snapshot_file(incident.name, Path(folder)))


@pytest.mark.parametrize(
    "view", [View.ALL, View.MACHINE_AND_POSTGRES, View.MACHINE], ids=lambda view: view.words
)
def test_the_answer_is_right(outcome: Outcome, view: View) -> None:
    judged = judged_outcome(outcome, view)
    wrong = shortcomings(judged)
    if wrong and outcome.incident.falls_short:
        pytest.xfail(f"{outcome.incident.falls_short}: {'; '.join(wrong)}")
    assert wrong == [], f"{outcome.confirmed.measured}; {judged}"


def test_the_saved_snapshot_gives_the_same_answer(outcome: Outcome) -> None:
    replayed = judged_outcome(outcome, View.ALL).diagnosis.causes
    assert tuple(cause.id for cause in replayed) == outcome.said
