"""A PgBouncer on this machine is asked only where no password has to be guessed."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fastdiag.config import Settings
from fastdiag.discovery import Found, discover
from fastdiag.discovery.pgbouncer import console_dsn
from fastdiag.discovery.poolers import Pooler, pooler_of
from fastdiag.host.proc import Proc
from fastdiag.model.target import Secret
from tests.stack.processes import running

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux /proc")

INI = """\
[databases]
shop = host=db dbname=shop

[pgbouncer]
listen_addr = *
listen_port = 6544
unix_socket_dir = {folder}
auth_type = {auth}
stats_users = watcher, "app"
admin_users = root
"""


@contextmanager
def pooler(folder: Path, *, auth: str = "scram-sha-256", sockets: str = "/run/pg") -> Iterator[int]:
    """Run what is called `pgbouncer` and was started with a pgbouncer.ini, and yield its pid."""
    program = shutil.which("tail")
    if program is None:
        pytest.skip("this machine has no tail")
    shutil.copy(program, folder / "pgbouncer")
    (folder / "pooler.ini").write_text(INI.format(auth=auth, folder=sockets), encoding="utf-8")
    command = [str(folder / "pgbouncer"), "-f", "pooler.ini"]
    with running(command, name="pgbouncer", log=folder / "log", working_directory=folder) as started:
        started.wait_ready(lambda: "stats_users" in (folder / "log").read_text(encoding="utf-8"))
        yield started.pid


def dsn_of(pid: int, service: str | None = None) -> str | None:
    found = pooler_of(Proc(), pid)
    assert found is not None
    dsn = console_dsn(found, Secret(service) if service else None)
    return dsn.reveal() if dsn else None


def test_its_own_user_needs_no_password_on_its_socket(tmp_path: Path) -> None:
    with pooler(tmp_path) as pid:
        assert dsn_of(pid) == "postgresql://pgbouncer@/pgbouncer?host=%2Frun%2Fpg&port=6544"


def test_the_services_own_login_may_ask_when_it_is_among_those_who_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pooler(tmp_path) as pid:
        assert dsn_of(pid, "postgresql://app:p%40ss@localhost:6544/shop") == (
            "postgresql://app:p%40ss@127.0.0.1:6544/pgbouncer"
        )
        assert dsn_of(pid, "postgresql://shop:p%40ss@localhost:6544/shop") is None
        assert dsn_of(pid) is None


def test_where_everyone_is_trusted_the_first_of_them_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pooler(tmp_path, auth="trust", sockets="") as pid:
        assert dsn_of(pid) == "postgresql://watcher@127.0.0.1:6544/pgbouncer"


def test_a_pooler_known_by_its_port_alone_gets_no_password_that_may_be_for_another_place() -> None:
    unread = Pooler(
        pid=1,
        uid=None,
        host="127.0.0.1",
        port=6544,
        socket_dir=None,
        users=(),
        is_open=False,
        is_read=False,
    )
    here = console_dsn(unread, Secret("postgresql://app:p%40ss@localhost:6544/shop"))
    assert here == Secret("postgresql://app:p%40ss@127.0.0.1:6544/pgbouncer")
    assert console_dsn(unread, Secret("postgresql://app:p%40ss@/shop?host=db.internal&port=6544")) is None
    assert console_dsn(unread, Secret("postgresql://app:p%40ss@db1:6544,db2:6544/shop")) is None


@pytest.mark.parametrize("host", ["192.0.2.7", "elsewhere.example.com"])
def test_a_configuration_that_names_another_machine_gets_no_password(host: str) -> None:
    astray = Pooler(
        pid=1, uid=None, host=host, port=6544, socket_dir=None, users=("app",), is_open=False, is_read=True
    )
    assert console_dsn(astray, Secret("postgresql://app:p%40ss@localhost:6544/shop")) is None


def found_with(dsn: str | None) -> Found:
    """Return what is found of a service elsewhere, of which nothing shows here."""
    given = Secret(dsn) if dsn else None
    return discover(Settings(app_url="http://192.0.2.1:8000", pgbouncer=given), slow_s=1)


def test_it_is_found_and_where_it_came_from_is_told(tmp_path: Path) -> None:
    with pooler(tmp_path) as pid:
        target = found_with(None).target
        given = found_with("postgresql://me@elsewhere:6432/pgbouncer").target
    if target.origin_of("pgbouncer") != f"the configuration of pid {pid}":
        pytest.skip("another PgBouncer runs on this machine")
    assert target.pgbouncer in target.secrets
    assert given.pgbouncer == Secret("postgresql://me@elsewhere:6432/pgbouncer")


@pytest.mark.parametrize(
    "text", ["", "no section", "[pgbouncer", "\x00\xff", "[pgbouncer]\nlisten_port = many\n"]
)
def test_a_configuration_that_cannot_be_read_is_no_defect(text: str, tmp_path: Path) -> None:
    with pooler(tmp_path) as pid:
        (tmp_path / "pooler.ini").write_text(text, encoding="utf-8")
        found = pooler_of(Proc(), pid)
    assert found is None or found.port == 6432
