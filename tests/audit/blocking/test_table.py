"""rules/audit/sinks.yaml and the folders that add to it."""

from __future__ import annotations

import builtins
import sys
from importlib import import_module
from pathlib import Path
from textwrap import dedent
from typing import Final

import pytest

from fastdiag.errors import RuleError
from fastdiag.model.audit import Severity
from fastdiag.model.sinks import SinkTable
from fastdiag.rulebook.audit.sinks import load_sinks
from fastdiag.rulebook.folders import builtin_rules
from tests.audit.blocking.bench import findings, table

_AT_HAND: Final = frozenset(
    {
        *sys.stdlib_module_names,
        "open",
        "requests",
        "httpx",
        "urllib3",
        "sqlalchemy",
        "psycopg",
        "redis",
        "psutil",
    }
)


def with_own(folder: Path, text: str) -> SinkTable:
    """Load the table with a folder of a user's own."""
    (folder / "audit").mkdir(parents=True, exist_ok=True)
    (folder / "audit" / "sinks.yaml").write_text(dedent(text), encoding="utf-8")
    return load_sinks(builtin_rules(), [folder])


def test_every_sink_has_a_kind_and_every_kind_has_a_sink() -> None:
    used = {sink.kind for sink in table().sinks.values()}
    assert used == set(table().kinds)


@pytest.mark.filterwarnings("ignore:'telnetlib' is deprecated")  # gone in 3.13, and still in use
def test_the_names_are_those_that_the_packages_have() -> None:
    at_hand = (path for path in table().sinks if path.partition(".")[0] in _AT_HAND)
    unknown = {path for path in at_hand if not _exists(path)}
    made_by_functions = {path for path in unknown if path.startswith("multiprocessing.")}
    assert unknown - made_by_functions <= {
        "sqlalchemy.Engine.execute",  # of SQLAlchemy 1
        "sqlalchemy.orm.Session.exec",  # of SQLModel's session
        "pathlib.Path.walk",  # from Python 3.12 on
    }


def _exists(path: str) -> bool:
    """Whether a path can be imported; one whose module this Python does not have counts as such."""
    if "." not in path:
        return hasattr(builtins, path)
    parts = path.removesuffix(".*").split(".")
    for size in range(len(parts) - 1, 0, -1):
        try:
            found: object = import_module(".".join(parts[:size]))
        except ImportError:
            continue
        return all((found := getattr(found, name, None)) is not None for name in parts[size:])
    return True


def test_aliases_lead_to_names_that_the_table_knows() -> None:
    for other, name in table().aliases.items():
        assert table().normal(other) == table().normal(name)
        assert other not in table().sinks, f"{other} is never looked up under this name"


def test_a_class_stands_for_its_construction_and_a_star_for_all_but_the_harmless() -> None:
    assert table().sink("smtplib.SMTP") is not None
    assert table().sink("boto3.Client.put_object") is not None
    assert table().sink("boto3.Client.get_paginator") is None
    assert table().sink("boto3.Client") is None


def test_a_user_adds_a_client_of_their_own(tmp_path: Path) -> None:
    sinks = with_own(
        tmp_path / "rules",
        """
        kinds:
          - id: house-bus
            title: waits for the message bus
            severity: warning
            mechanism: The bus answers when it likes.
            fix: use AsyncBus
        sinks:
          - {kind: house-bus, of: ourbus.Bus, calls: [publish]}
        harmless:
          - {of: requests, calls: [get]}
        returns:
          ourbus.connect: ourbus.Bus
        aliases:
          ourbus.client.Bus: ourbus.Bus
        """,
    )
    app = tmp_path / "app"
    found = findings(
        app,
        {
            "main.py": """
            import requests
            from ourbus import connect
            from ourbus.client import Bus
            from fastapi import FastAPI
            app = FastAPI()

            @app.get("/")
            async def route(bus: Bus):
                bus.publish("x")
                connect().publish("y")
                requests.get("http://is-harmless-here")
            """
        },
        sinks,
    )
    assert [(one.place.line, one.kind, one.severity, one.fix) for one in found] == [
        (10, "house-bus", Severity.WARNING, "use AsyncBus"),
        (11, "house-bus", Severity.WARNING, "use AsyncBus"),
    ]


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("sinks:\n  - {kind: sync-htp, of: a, calls: [b]}", "2:12", "unknown kind, 'sync-htp'"),
        ("sinks:\n  - {kind: sync-http, of: a, call: [b]}", "2:30", "no key 'call'"),
        ("sinks:\n  - {kind: sync-http, of: a b, calls: [c]}", "2:27", "'a b' is not the name of a call"),
        ("sinks:\n  - {kind: sync-http, of: a, calls: [c()]}", "2:38", "'c()' is not the name of a call"),
        (
            "sinks:\n  - {kind: sync-http, of: a, calls: [b], only: [{argument: c, position: -1}]}",
            "2:73",
            "counts from 0",
        ),
        ("sinks:\n  - {kind: sync-http, of: a, calls: [b], severity: fatal}", "2:52", "not one of its words"),
        ("returns:\n  a.b: no spaces here", "2:8", "is not the name of a call"),
        ("sink: []", "1:1", "no key 'sink'"),
        ("kinds:\n  - {id: A B, title: t, severity: note, mechanism: m, fix: f}", "2:10", "cannot be an id"),
    ],
)
def test_a_wrong_row_is_told_with_its_place(tmp_path: Path, text: str, place: str, says: str) -> None:
    with pytest.raises(RuleError) as caught:
        with_own(tmp_path, text)
    assert f"sinks.yaml:{place}" in str(caught.value)
    assert says in str(caught.value)
