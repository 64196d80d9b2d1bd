# ruff: noqa: E501 - the document as it is
"""The contract for scripts."""

from __future__ import annotations

import json as stdlib_json

from inline_snapshot import snapshot

from fastdiag.render.audit import checks, json
from tests.render.audit.sheets import CHECKS, EMPTY, SHEET


def test_a_finding_has_everything_that_the_screen_shows() -> None:
    document = stdlib_json.loads(json.render(SHEET))
    document.pop("fastdiag")
    found = document.pop("findings")
    assert document == snapshot(
        {
            "schema": 1,
            "folder": "backend",
            "files": 12,
            "lines": 3456,
            "seconds": 1.234,
            "from_cache": False,
            "summary": {"critical": 1, "warning": 1, "note": 1},
            "dismissed": [
                {
                    "check": "missing-timeout",
                    "severity": "warning",
                    "confidence": "certain",
                    "file": "app/old.py",
                    "path": "backend/app/old.py",
                    "line": 3,
                    "column": 1,
                    "message": "smtplib.SMTP has no timeout",
                    "kind": None,
                    "sink": "smtplib.SMTP",
                    "fix": None,
                    "chain": [],
                    "fingerprint": "33333333333333333333",
                    "by": "comment",
                    "reason": "goes away with the old mailer",
                },
                {
                    "check": "missing-timeout",
                    "severity": "warning",
                    "confidence": "certain",
                    "file": "app/older.py",
                    "path": "backend/app/older.py",
                    "line": 5,
                    "column": 1,
                    "message": "smtplib.SMTP has no timeout",
                    "kind": None,
                    "sink": "smtplib.SMTP",
                    "fix": None,
                    "chain": [],
                    "fingerprint": "44444444444444444444",
                    "by": "baseline",
                    "reason": None,
                },
            ],
            "unread": [
                {
                    "file": "app/legacy.py",
                    "path": "backend/app/legacy.py",
                    "line": 2,
                    "column": 7,
                    "reason": "not valid syntax: Python 2",
                }
            ],
            "checks": [
                {
                    "id": "blocking-call",
                    "title": "A blocking call on the event loop",
                    "severity": "critical",
                    "mechanism": "While the call waits, the event loop serves no other request of the same worker.",
                    "fix": "Await an asynchronous client instead.",
                    "items": ["async-no-blocking"],
                    "causes": ["event-loop-blocking"],
                    "references": ["https://fastapi.tiangolo.com/async/"],
                },
                {
                    "id": "missing-timeout",
                    "title": "A call that may wait for ever",
                    "severity": "warning",
                    "mechanism": "A dependency that does not answer holds the request, and all that the request holds.",
                    "fix": "Give the client a timeout.",
                    "items": [],
                    "causes": ["missing-timeout"],
                    "references": [],
                },
                {
                    "id": "invalid-ignore",
                    "title": "An ignore comment that sets nothing aside",
                    "severity": "note",
                    "mechanism": "Who reads it believes that somebody has decided.",
                    "fix": "Give a reason, or remove it.",
                    "items": [],
                    "causes": [],
                    "references": [],
                },
            ],
            "kinds": [
                {
                    "id": "sync-http",
                    "title": "waits for an HTTP answer",
                    "severity": "critical",
                    "mechanism": "A synchronous client holds the thread until the other side has answered.",
                    "fix": "await httpx.AsyncClient",
                }
            ],
            "roots": [
                {
                    "text": "GET /orders/{id}",
                    "kind": "route",
                    "function": "app.main.order",
                    "async": True,
                    "file": "app/main.py",
                    "path": "backend/app/main.py",
                    "line": 20,
                    "column": 1,
                }
            ],
            "settings": [
                {
                    "name": "sqlalchemy.pool_size",
                    "text": "20",
                    "value": 20,
                    "default": False,
                    "file": "app/db.py",
                    "path": "backend/app/db.py",
                    "line": 4,
                    "column": 9,
                }
            ],
            "packages": ["fastapi", "requests"],
        }
    )
    assert found[2] == snapshot(
        {
            "check": "blocking-call",
            "severity": "critical",
            "confidence": "likely",
            "file": "app/tax.py",
            "path": "backend/app/tax.py",
            "line": 41,
            "column": 16,
            "message": "requests.get waits for an HTTP answer on the event loop, in GET /orders/{id}",
            "kind": "sync-http",
            "sink": "requests.get",
            "fix": "Use httpx.AsyncClient, one for the whole application.",
            "chain": [
                {
                    "text": "GET /orders/{id}",
                    "function": "app.main.order",
                    "file": "app/main.py",
                    "path": "backend/app/main.py",
                    "line": 20,
                    "column": 1,
                },
                {
                    "text": "load_order",
                    "function": "app.orders.load_order",
                    "file": "app/orders.py",
                    "path": "backend/app/orders.py",
                    "line": 33,
                    "column": 12,
                },
                {
                    "text": "requests.get",
                    "function": None,
                    "file": "app/tax.py",
                    "path": "backend/app/tax.py",
                    "line": 41,
                    "column": 16,
                },
            ],
            "fingerprint": "0a1b2c3d4e5f60718293",
        }
    )


def test_every_key_is_there_when_nothing_was_found() -> None:
    assert stdlib_json.loads(json.render(EMPTY)).keys() == stdlib_json.loads(json.render(SHEET)).keys()


def test_the_list_of_checks_is_that_of_the_table() -> None:
    listed = stdlib_json.loads(checks.json(tuple(CHECKS.values())))
    assert [row["id"] for row in listed["checks"]] == list(CHECKS)
    assert "missing-timeout  warning   A call that may wait for ever" in checks.screen(
        tuple(CHECKS.values()), width=80, color=False, encoding="utf-8"
    )
