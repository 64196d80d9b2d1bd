"""What the demo's tests share: a stage that must leave nothing behind."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from fastdiag.demo import Incident, Scene, Stage
from fastdiag.demo.troupe import accepts


def port_of(url: str) -> int:
    return int(url.rsplit(":", 1)[1])


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        body: bytes = answer.read()
    return body.decode()


def metric(page: str, family: str, **labels: str) -> float:
    """Return the sum over the page's samples of a family that carry these labels."""
    found = [
        float(line.rsplit(" ", 1)[1])
        for line in page.splitlines()
        if line.partition("{")[0].partition(" ")[0] == family
        and all(f'{name}="{value}"' in line for name, value in labels.items())
    ]
    assert found, f"the page has no {family} with {labels}"
    return sum(found)


def alive(process: psutil.Process) -> bool:
    """Return whether a process still runs; one that only waits for init to take note of its end does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def staged(incident: Incident, directory: Path) -> Iterator[Scene]:
    """Stage an incident whose files go below ``directory``; nothing may be left of it afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(directory))
        others = set(psutil.Process().children(recursive=True))  # servers of other tests
        with Stage(incident, progress=print) as scene:
            players = set(psutil.Process().children(recursive=True)) - others
            yield scene
    assert players
    assert not [player for player in players if alive(player)]
    assert not list(directory.iterdir())
    assert not accepts(port_of(scene.app_url))
