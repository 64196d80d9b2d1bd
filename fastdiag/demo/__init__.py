"""The stage of ``fastdiag demo``: a small service with a real fault and real load, on loopback.

Importing it needs none of the demo's own dependencies; ``require_demo_extra`` says how to get them.
"""

from fastdiag.demo.clients import ClientView, RouteView
from fastdiag.demo.extra import require_demo_extra
from fastdiag.demo.incidents import INCIDENTS, Incident, find_incident
from fastdiag.demo.plays import Play, Standing, bench_plays, find_play, on_stage, own_plays
from fastdiag.demo.stage import Scene, Stage

__all__ = [
    "INCIDENTS",
    "ClientView",
    "Incident",
    "Play",
    "RouteView",
    "Scene",
    "Stage",
    "Standing",
    "bench_plays",
    "find_incident",
    "find_play",
    "on_stage",
    "own_plays",
    "require_demo_extra",
]
