"""Watching a real service: clients in a process of their own, and one run of a collector."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Final

from fastdiag.collectors import processes
from fastdiag.collectors.gather import Gathered, gather
from fastdiag.collectors.processes.threads import LOCKED
from fastdiag.collectors.sink import Collector
from fastdiag.config import Settings
from fastdiag.discovery import discover
from fastdiag.model.quantity import Unit
from fastdiag.model.signal import Catalogue, CollectorSource, Missing, Reason, Signal
from tests.metrics.catalogue import shipped
from tests.stack.apps import AppServer
from tests.stack.ports import LOOPBACK
from tests.stack.processes import running

DEPOT: Final = Path(__file__).parent / "watched" / "depot.py"
SLOW_S: Final = 0.2
DEADLINE_S: Final = 2.0
"""Of which the processes are watched for 40 %."""
_numbers: Final = count(1)


@contextmanager
def crowd(app: AppServer, path: str, clients: int, *, until: str = "sent") -> Iterator[None]:
    """Let so many clients ask for ``path`` at once, and stay until the block is left."""
    program = Path(__file__).with_name("crowd_process.py")
    log = app.server.log.with_name(f"crowd-{next(_numbers)}.log")
    command = [sys.executable, str(program), LOOPBACK, str(app.port), path, str(clients)]
    with running(command, name="crowd", log=log) as server:
        server.wait_ready(lambda: until in log.read_text(encoding="utf-8"))
        yield


@contextmanager
def knocking(port: int) -> Iterator[None]:
    """Try to connect to a full accept queue all the time, which the kernel counts as dropped."""
    program = (
        "import socket\nwhile True:\n    s = socket.socket(); s.settimeout(0.05)\n"
        f"    s.connect_ex(({LOOPBACK!r}, {port})); s.close()"
    )
    with subprocess.Popen([sys.executable, "-c", program]) as client:
        yield
        client.kill()


@contextmanager
def asking(port: int, path: str) -> Iterator[None]:
    """Ask for ``path`` again and again, on one connection that is kept."""
    program = (
        "import http.client, time\n"
        f"client = http.client.HTTPConnection({LOOPBACK!r}, {port})\n"
        f"while True: client.request('GET', {path!r}); client.getresponse().read(); time.sleep(0.02)"
    )
    with subprocess.Popen([sys.executable, "-c", program]) as client:
        yield
        client.kill()


def watch(
    pid: int,
    *,
    collect: Collector = processes.collect,
    databases: Sequence[tuple[str, int]] = (),
    deadline_s: float = DEADLINE_S,
    name: str = "processes",
) -> Gathered:
    """Run one collector on the server that a pid belongs to."""
    target = discover(Settings(pid=pid, deadline_s=deadline_s), slow_s=SLOW_S).target
    target = replace(target, database_endpoints=(*target.database_endpoints, *databases))
    (found,) = gather(target, vocabulary(), {name: collect})
    return found


def vocabulary() -> Catalogue:
    """Return the shipped signals, and one that the rule table need not know."""
    locked = Signal(
        id=LOCKED, unit=Unit.COUNT, title="locked", sources=(CollectorSource(collector="processes"),)
    )
    return Catalogue({LOCKED: locked, **shipped().signals})


def value(found: Gathered, signal: str) -> float:
    """Return the value of a reading that must be there."""
    assert signal in found.readings, f"{signal} is missing: {found.missing.get(signal)}; {found.state.error}"
    reading = found.readings[signal].value
    assert reading is not None
    return reading


def parts(found: Gathered, signal: str, label: str) -> dict[str, float]:
    """Return the parts of a reading by one of their labels."""
    return {dict(part.labels)[label]: part.value for part in found.readings[signal].by}


def why_missing(found: Gathered, signal: str) -> tuple[Reason, str]:
    """Return the reason of a signal that must be missing."""
    assert signal not in found.readings
    missing: Missing = found.missing[signal]
    return missing.reason, missing.detail
