"""The stage of ``fastdiag demo``: a small service with a real fault and real load, on loopback.

Importing it needs none of the demo's own dependencies; ``require_demo_extra`` says how to get them.
"""

from fastdiag.demo.clients import ClientView, RouteView
from fastdiag.demo.extra import require_demo_extra
from fastdiag.demo.incidents import INCIDENTS, Incident, find_incident
from fastdiag.demo.stage import Scene, Stage

__all__ = [
    "INCIDENTS",
    "ClientView",
    "Incident",
    "RouteView",
    "Scene",
    "Stage",
    "find_incident",
    "require_demo_extra",
]
