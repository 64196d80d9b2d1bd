"""Finds the incidents: one file in `cases/` each, which defines INCIDENT."""

import importlib
import pkgutil
from typing import Final

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


CHOICES: Final = ("ordinary", "quick", "all")
"""How much `--incidents` asks for: a handful in every run, a dozen, all of them."""


def incidents_of(choice: str) -> list[Incident]:
    """Return the incidents that a choice comprises."""
    tiers = {
        "ordinary": {Tier.EVERY_RUN},
        "quick": {Tier.EVERY_RUN, Tier.QUICK},
        "all": set(Tier),
    }[choice]
    return [incident for incident in every_incident() if incident.tier in tiers]
