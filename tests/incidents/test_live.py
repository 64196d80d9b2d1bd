"""Each incident, live: the public command names its true cause, or says that it cannot tell."""

import pytest

from tests.incidents.bench import run
from tests.incidents.judge import shortcomings
from tests.incidents.model import Incident, Outcome, Sources
from tests.incidents.registry import every_incident, in_every_run
from tests.stack.postgres import Cluster

pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    incidents = every_incident() if metafunc.config.getoption("--all-incidents") else in_every_run()
    names = [incident.name for incident in incidents]
    metafunc.parametrize("outcome", incidents, ids=names, indirect=True, scope="module")


@pytest.fixture(scope="module")
def outcome(request: pytest.FixtureRequest, postgres_server: Cluster) -> Outcome:
    incident: Incident = request.param
    return run(incident, postgres_server)


@pytest.mark.parametrize("sources", Sources, ids=lambda sources: sources.name.lower())
def test_the_answer_is_right(outcome: Outcome, sources: Sources) -> None:
    assert shortcomings(outcome.incident, outcome.answers[sources]) == [], outcome.confirmed.measured
