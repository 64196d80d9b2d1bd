"""The same incidents, with `fastdiag.instrument` in the service: what the one line adds.

`python -m tests.incidents --instrumented [--record] NAME...` brings them about; the recordings stand beside
those of the services as they were, and the score compares the pairs.
"""

from dataclasses import replace
from pathlib import Path
from typing import Final

from tests.incidents.deployments import Deployment
from tests.incidents.model import Incident
from tests.incidents.recorded import FOLDER
from tests.stack.apps import METRICS_PATH

INSTRUMENTED: Final = FOLDER / "instrumented"
"""Where the recordings of this kind are kept."""
APP: Final = "instrumented.py"
# Request ids in answers and logs; waits for the database's pools and calls of httpx timed.
BROUGHT: Final = frozenset({"missing-correlation-ids", "missing-dependency-timing"})


def instrumented(incident: Incident) -> Incident:
    """Return the incident with the line added to its service."""
    return replace(incident, deployment=with_line(incident.deployment))


def with_line(deployment: Deployment) -> Deployment:
    """Return the deployment with the line added, and a metrics page where it has none."""
    page = {} if deployment.metrics else {"EXPOSE": METRICS_PATH}
    return replace(
        deployment,
        app=APP,
        libraries=f"{deployment.libraries}; fastdiag.instrument",
        lacks=None if deployment.lacks is None else deployment.lacks - BROUGHT,
        metrics=True,
        environment={**deployment.environment, "INSTRUMENTED": Path(deployment.app).stem, **page},
    )
