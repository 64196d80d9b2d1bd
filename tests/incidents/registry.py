"""Finds the incidents: one file in `cases/` each, which defines INCIDENT."""

import importlib
import pkgutil

from tests.incidents import cases
from tests.incidents.model import Incident, Tier


def every_incident() -> list[Incident]:
    """Return all incidents, by name."""
    modules = [
        importlib.import_module(f"{cases.__name__}.{found.name}")
        for found in pkgutil.iter_modules(cases.__path__)
    ]
    incidents: list[Incident] = [module.INCIDENT for module in modules]
    return sorted(incidents, key=lambda incident: incident.name)


def in_every_run() -> list[Incident]:
    """Return the incidents that the ordinary test run includes."""
    return [incident for incident in every_incident() if incident.tier is Tier.EVERY_RUN]
