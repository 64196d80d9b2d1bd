"""The demo without its extra, and the parts that need no processes."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest

import fastdiag
from fastdiag.demo import INCIDENTS, find_incident, require_demo_extra
from fastdiag.demo.clients import EVERY_ROUTE, ClientView, read_view, summarise, write_view
from fastdiag.demo.incidents import Slow
from fastdiag.demo.traffic import BROWSE
from fastdiag.errors import FastdiagError

REPOSITORY = Path(fastdiag.__file__).parents[1]


def view(*, browse_s: float, errors: int = 0) -> ClientView:
    return ClientView(
        running_s=8.0,
        window_s=5.0,
        rps=20.0,
        in_flight=3,
        requests_total=160,
        errors=errors,
        routes=(summarise(BROWSE, [browse_s] * 4), summarise(EVERY_ROUTE, [browse_s] * 4)),
    )


def test_the_extra_is_installed_here() -> None:
    assert requires("fastdiag")
    require_demo_extra()


def test_without_site_packages_the_demo_says_how_to_get_them() -> None:
    script = (
        "from fastdiag.demo import INCIDENTS, require_demo_extra\n"
        "print([incident.id for incident in INCIDENTS])\n"
        "require_demo_extra()\n"
    )
    bare = subprocess.run(
        [sys.executable, "-S", "-c", script],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert bare.stdout == "['pool', 'loop', 'upstream', 'healthy']\n"
    assert "FastdiagError: the demo needs packages that are not installed: aiosqlite, fastapi" in bare.stderr
    assert "hint: pip install 'fastdiag[demo]'" in bare.stderr


def test_an_unknown_incident_is_answered_with_those_there_are() -> None:
    with pytest.raises(
        FastdiagError, match=r"no incident 'pol'; there are pool, loop, upstream, healthy"
    ) as e:
        find_incident("pol")
    assert e.value.hint == "did you mean 'pool'?"


def test_only_the_healthy_shop_has_no_cause() -> None:
    causes = {incident.id: incident.true_cause for incident in INCIDENTS}
    assert causes == {
        "pool": "db-pool-exhaustion",
        "loop": "event-loop-blocking",
        "upstream": "slow-external-dependency",
        "healthy": None,
    }


def test_an_incident_shows_only_when_its_clients_wait_and_are_answered() -> None:
    pool = find_incident("pool")
    alone = type(pool)(
        id=pool.id,
        title=pool.title,
        injected=pool.injected,
        true_cause=pool.true_cause,
        traffic=pool.traffic,
        clients_see=(Slow(route=BROWSE, p50_at_least_s=1.0),),
    )
    assert alone.manifest(view(browse_s=1.2))
    assert not alone.manifest(view(browse_s=0.3))
    assert not alone.manifest(view(browse_s=1.2, errors=1))
    assert not pool.manifest(view(browse_s=1.2))  # nobody has printed a label yet


def test_a_view_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "clients.json"
    assert read_view(path) is None
    write_view(path, view(browse_s=0.5))
    assert read_view(path) == view(browse_s=0.5)
    assert list(tmp_path.iterdir()) == [path]


def test_quantiles_are_nearest_ranks() -> None:
    seen = summarise(BROWSE, [n / 100 for n in range(100, 0, -1)])
    assert (seen.requests, seen.p50_s, seen.p95_s) == (100, 0.5, 0.95)
