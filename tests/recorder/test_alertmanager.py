"""The whole way: a service dies, Prometheus sees it, Alertmanager tells, a snapshot is kept and posted."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

from tests.cli.conftest import Here, here
from tests.cli.test_serve import serving
from tests.stack.alertmanager import alerting_prometheus, alertmanager
from tests.stack.ports import LOOPBACK, free_port
from tests.stack.waiting import wait_until

__all__ = ["here"]

DOWN = {
    "alert": "ServiceDown",
    "expr": 'up{job="shop"} == 0',
    "labels": {"severity": "page"},
    "annotations": {"summary": "{{ $labels.instance }} does not answer"},
}

SENT = "alertmanager_notifications_total"
FAILED = "alertmanager_notifications_failed_total"


class Inbox(BaseHTTPRequestHandler):
    """Somebody's webhook."""

    mails: ClassVar[list[dict[str, object]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.mails.append(json.loads(body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def inbox() -> Iterator[str]:
    Inbox.mails.clear()
    with HTTPServer((LOOPBACK, 0), Inbox) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://{LOOPBACK}:{server.server_port}/hook"
        server.shutdown()
        thread.join()


def login(folder: Path) -> dict[str, object]:
    """Return how the README tells Alertmanager the secret."""
    return {"authorization": {"credentials_file": str(folder / "serve.secret")}}


def test_an_alert_of_prometheus_leaves_a_snapshot_and_a_message(here: Here) -> None:
    with ExitStack() as stack:
        hook = stack.enter_context(inbox())
        dead = f"{LOOPBACK}:{free_port()}"
        config = f"notify: {{webhook: '{hook}'}}\napp_url: 'http://{dead}'\n"
        (here.folder / "fastdiag.yaml").write_text(config)
        receiver = stack.enter_context(serving(here.folder, "--only", "probe"))
        manager = stack.enter_context(alertmanager(f"{receiver.url}/alerts", login(here.folder), here.folder))
        stack.enter_context(alerting_prometheus({"shop": [dead]}, DOWN, manager, here.folder))
        wait_until(lambda: Inbox.mails != [], what="a message", within_s=30, explain=receiver.said)
        manager.fire("ManyErrors")
        wait_until(lambda: manager.counted(SENT) == 2, what="both are sent", within_s=20)
        assert manager.counted(FAILED) == 0, "a covered alert is no failure to Alertmanager"
        (file,) = receiver.recordings()
    ran = here.run("diagnose", str(file), "-f", "json")
    assert ran.document["sources"][1]["name"] == "probe"
    assert file.name.endswith("Z-alert-ServiceDown.json")
    assert f"ServiceDown (page): {dead} does not answer" in json.dumps(Inbox.mails[0])
    (entry,) = map(json.loads, (here.folder / "recordings" / "index.jsonl").read_text().splitlines())
    assert entry["why"] == f"ServiceDown (page): {dead} does not answer"
