"""`fastdiag serve`: the real command, which Alertmanager may talk to."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from fastdiag.cli.serve import HELP
from fastdiag.history.open import open_store
from fastdiag.model.history import Occasion
from fastdiag.model.history_place import HistoryPlace
from tests.cli.command import environment
from tests.cli.conftest import Here
from tests.recorder.payloads import SECRET, firing
from tests.stack.alertmanager import INSTALL_HINT
from tests.stack.ports import LOOPBACK, free_port
from tests.stack.processes import MissingServerError, ServerProcess, running, script

BEARER = {"Authorization": f"Bearer {SECRET}"}

HEAD = f"POST /alerts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SECRET}\r\n".encode()
NONSENSE = (
    b"\x00\xff\xfe nonsense\r\n\r\n",
    HEAD + b"Content-Length: -5\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + (b"10000\r\n" + b"x" * 0x10000 + b"\r\n") * 20,
    HEAD + b"X: " + b"x" * 40_000 + b"\r\n\r\n",
    b"POST /alerts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\nContent-Length: 0\r\n\r\n",
)
REFUSALS = [b"400", b"400", b"413", b"431", b"401"]


@dataclass(frozen=True)
class Serving:
    """A running receiver."""

    server: ServerProcess
    url: str
    folder: Path

    def post(self, body: bytes) -> httpx.Response:
        """Post to /alerts with the secret."""
        return httpx.post(f"{self.url}/alerts", content=body, headers=BEARER, timeout=10)

    def recordings(self) -> list[Path]:
        """Return the snapshots that it has kept."""
        return sorted((self.folder / "recordings").glob("*.json"))

    def said(self) -> str:
        """Return what it has written."""
        return self.server.log.read_text()


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Serving]:
    """Start `fastdiag serve` in a folder; only the host is looked at, for a second."""
    port = free_port()
    (folder / "serve.secret").write_text(f"{SECRET}\n")
    (folder / "serve.secret").chmod(0o600)
    command = [script("fastdiag"), "serve", "--listen", f"{LOOPBACK}:{port}", "--secret-file", "serve.secret"]
    more = ["--record", "recordings", "--only", "host", "--deadline", "1s", *options]
    with running(
        [*command, *more],
        name="fastdiag serve",
        log=folder / "serve.log",
        environment=environment({"FASTDIAG_HISTORY": "history.sqlite"}),
        working_directory=folder,
    ) as server:
        found = Serving(server, f"http://{LOOPBACK}:{port}", folder)
        server.wait_ready(lambda: _is_healthy(found.url))
        yield found


def _is_healthy(url: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"{url}/health", timeout=2).is_success
    return False


def answered(receiver: Serving, request: bytes) -> bytes:
    """Send bytes as they are and return the beginning of the answer."""
    host, port = receiver.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        with suppress(OSError):  # it has answered and hung up before it had all of it
            client.sendall(request)
        return client.recv(1000)


def test_an_alert_leaves_a_snapshot_even_if_the_receiver_is_ended_meanwhile(here: Here) -> None:
    # A page that never comes keeps the first snapshot busy for all of its second.
    with socket.create_server((LOOPBACK, 0)) as silent:
        page = f"http://{LOOPBACK}:{silent.getsockname()[1]}/metrics"
        said, file = _ended_meanwhile(here, "--only", "scrape", "--metrics-url", page)
    assert "Traceback" not in said
    assert SECRET not in said
    assert f"note: {file}: " in said
    assert "[HighLatency (page): p95 is 4 s]" in said
    ran = here.run("diagnose", str(file), "-f", "json")
    assert ran.code in {0, 3}, ran.err  # 3: no server runs here, so that nothing could be collected
    assert [source["name"] for source in ran.document["sources"]] == ["scrape", "host"]
    with closing(open_store(HistoryPlace(store=here.folder / "history.sqlite"))) as history:
        assert [run.occasion for run in history.runs(None)] == [Occasion.ALERT]


def _ended_meanwhile(here: Here, *looks: str) -> tuple[str, Path]:
    """Refuse nonsense, take an alert, and end the receiver; return what it said and what it left."""
    with serving(here.folder, *looks) as receiver:
        assert httpx.post(f"{receiver.url}/alerts", content=firing("X")).status_code == 401
        assert receiver.post(b" " * (2**20 + 1)).status_code == 413
        assert [answered(receiver, nonsense)[9:12] for nonsense in NONSENSE] == REFUSALS
        assert receiver.post(firing("HighLatency")).status_code == 202
        assert receiver.post(firing("ManyErrors")).json()["outcome"] == "busy"
        receiver.server.popen.send_signal(signal.SIGTERM)
        assert receiver.server.popen.wait(30) == 0
        (file,) = receiver.recordings()
        return receiver.said(), file


def test_alertmanager_takes_what_the_help_says(here: Here) -> None:
    amtool = shutil.which("amtool")
    if amtool is None:
        raise MissingServerError(INSTALL_HINT)
    receivers = HELP.partition("In alertmanager.yml:\n")[2]
    (here.folder / "alertmanager.yml").write_text(f"  route: {{receiver: fastdiag}}\n{receivers}")
    checked = subprocess.run([amtool, "check-config", "alertmanager.yml"], capture_output=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert b"1 receivers" in checked.stdout


def test_it_refuses_to_start_without_a_secret(here: Here) -> None:
    ran = here.run("serve")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[0] == "error: serve needs a secret, which whoever sends alerts has to know"
    assert "openssl rand -hex 32 > FILE" in ran.err


def test_a_port_that_is_taken_is_told(here: Here) -> None:
    (here.folder / "s").write_text(SECRET)
    with socket.create_server((LOOPBACK, 0)) as taken:
        where = f"{LOOPBACK}:{taken.getsockname()[1]}"
        ran = here.run("serve", "--secret-file", "s", "--record", "r", "--listen", where)
    assert ran.code == 2
    assert f"error: cannot listen on {where}: Address already in use\n" in ran.err


def test_standard_input_is_there_only_once(here: Here) -> None:
    (here.folder / "s").write_text(SECRET)
    ran = here.run("serve", "--secret-file", "s", "--log", "-")
    assert ran.code == 2
    assert "error: --log - is there once, and alerts come again" in ran.err
