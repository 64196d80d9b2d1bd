"""Real servers on free loopback ports, each started once for the whole run."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from fastdiag.host.proc import Proc, ProcessStat
from tests.stack.ports import free_port, is_listening
from tests.stack.processes import running, script

APP = """
import asyncio


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    if scope["path"] == "/never":
        await asyncio.sleep(60)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})
"""

GUNICORN_CONFIG = """
import os

backlog = 77
threads = os.cpu_count()
max_requests: int = 5000
if os.environ.get("NEVER_SET"):
    max_requests_jitter = 50
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A server that the tests started: the process id of the command, and the port it serves."""

    pid: int
    port: int


@pytest.fixture(scope="session")
def proc() -> Proc:
    if not sys.platform.startswith("linux"):
        pytest.skip("reads Linux /proc")
    return Proc()


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shop.py").write_text(APP)
    (folder / "gunicorn.conf.py").write_text(GUNICORN_CONFIG)
    return folder


@pytest.fixture(scope="session")
def uvicorn_alone(shop: Path, proc: Proc) -> Iterator[Started]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--no-access-log", "shop:app", "--port", str(port)]
    with _serving(command, shop, port, {"UVICORN_TIMEOUT_KEEP_ALIVE": "65"}, proc, children=0) as server:
        yield server


@pytest.fixture(scope="session")
def uvicorn_pair(shop: Path, proc: Proc) -> Iterator[Started]:
    port = free_port()
    command = [script("uvicorn"), "shop:app", "--workers=2", "--port", str(port)]
    # multiprocessing adds a resource tracker to the two workers
    with _serving(command, shop, port, {}, proc, children=3) as server:
        yield server


@pytest.fixture(scope="session")
def gunicorn_pair(shop: Path, proc: Proc) -> Iterator[Started]:
    port = free_port()
    worker = ["-k", "uvicorn_worker.UvicornWorker", "-w2"]
    environment = {
        "GUNICORN_CMD_ARGS": "--timeout 25 --workers 9",
        "WEB_CONCURRENCY": "4",
        "XDG_RUNTIME_DIR": str(shop),
    }
    command = [script("gunicorn"), *worker, "-b", f"127.0.0.1:{port}", "shop:app"]
    with _serving(command, shop, port, environment, proc, children=2) as server:
        yield server


@pytest.fixture(scope="session")
def hypercorn_pair(shop: Path, proc: Proc) -> Iterator[Started]:
    port = free_port()
    (shop / "hypercorn.toml").write_text("keep_alive_timeout = 65\nbacklog = 300\nworkers = 7\n")
    place = ["-b", f"127.0.0.1:{port}", "-c", "hypercorn.toml"]
    command = [script("hypercorn"), *place, "-w", "2", "shop:app"]
    with _serving(command, shop, port, {}, proc, children=3) as server:
        yield server


@pytest.fixture(scope="session")
def granian_pair(shop: Path, proc: Proc) -> Iterator[Started]:
    port = free_port()
    command = [script("granian"), "--interface", "asgi", "--no-ws", "shop:app", "--port", str(port)]
    environment = {"GRANIAN_WORKERS": "2", "GRANIAN_WORKERS_LIFETIME": "1h30m"}
    with _serving(command, shop, port, environment, proc, children=2) as server:
        yield server


@pytest.fixture(scope="session")
def fastapi_pair(shop: Path, proc: Proc) -> Iterator[Started]:
    port = free_port()
    (shop / "main.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n")
    command = [script("fastapi"), "run", "main.py", "--port", str(port), "--workers", "2"]
    with _serving(command, shop, port, {}, proc, children=3) as server:
        yield server


@contextmanager
def _serving(  # noqa: PLR0913 - what tells one server from another
    command: Sequence[str],
    folder: Path,
    port: int,
    environment: Mapping[str, str],
    proc: Proc,
    *,
    children: int,
) -> Iterator[Started]:
    log = folder / f"server-{port}.log"
    with running(
        command, name=Path(command[-1]).name, log=log, environment=environment, working_directory=folder
    ) as process:
        process.wait_ready(lambda: is_listening(port) and _children(proc, process.pid) == children)
        yield Started(pid=process.pid, port=port)


def _children(proc: Proc, pid: int) -> int:
    pids = proc.pids()
    assert isinstance(pids, tuple)
    stats = [proc.stat(child) for child in pids]
    return sum(isinstance(stat, ProcessStat) and stat.parent_pid == pid for stat in stats)
