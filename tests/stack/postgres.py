"""A PostgreSQL cluster of its own, with the roles that fastdiag meets in the wild."""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Final, LiteralString

import psycopg
from psycopg import sql

from tests.stack.ports import LOOPBACK, free_port
from tests.stack.processes import MissingServerError, ServerProcess, clean_environment, running, tail

INSTALL_HINT: Final = (
    "PostgreSQL is not installed (Debian: apt install postgresql; macOS: brew install postgresql)"
)
SUPERUSER: Final = "postgres"
MONITOR: Final = "monitor"  # granted pg_monitor, as fastdiag recommends
VISITOR: Final = "visitor"  # no grants at all: sees little of other sessions
APPLICATION: Final = "shop"  # owns the application's tables and has a password that is really checked
APPLICATION_PASSWORD: Final = "s3cret-shop"  # noqa: S105 - guards a database that lives for a minute on loopback

ACCESS_RULES: Final = f"""\
# type database user      address      method
host   all      {APPLICATION} {LOOPBACK}/32 scram-sha-256
host   all      all       {LOOPBACK}/32 trust
"""
ROLES: Final = (
    f"CREATE ROLE {MONITOR} LOGIN",
    f"GRANT pg_monitor TO {MONITOR}",
    f"CREATE ROLE {VISITOR} LOGIN",
    f"CREATE ROLE {APPLICATION} LOGIN PASSWORD '{APPLICATION_PASSWORD}'",
)
_database_numbers: Final = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """One client session as the server sees it, read by a superuser."""

    pid: int
    user: str
    application_name: str
    state: str | None
    waits_for: str | None
    idle_in_transaction: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A running PostgreSQL server."""

    server: ServerProcess
    port: int

    def dsn(self, role: str = SUPERUSER, database: str = "postgres") -> str:
        """Return the URL with which `role` reaches `database`."""
        password = f":{APPLICATION_PASSWORD}" if role == APPLICATION else ""
        return f"postgresql://{role}{password}@{LOOPBACK}:{self.port}/{database}"

    def connect(
        self, role: str = SUPERUSER, database: str = "postgres"
    ) -> psycopg.Connection[tuple[object, ...]]:
        """Open a session in autocommit mode."""
        return psycopg.connect(self.dsn(role, database), autocommit=True, connect_timeout=5)

    def create_database(self, schema: str) -> str:
        """Create a database owned by the application, run `schema` in it as that role, return its name."""
        name = f"shop_{next(_database_numbers)}"
        with self.connect() as session:
            session.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(name), sql.Identifier(APPLICATION)
                )
            )
        with self.connect(APPLICATION, name) as session:
            session.execute(schema.encode())
        with self.connect(database=name) as session:
            session.execute("VACUUM ANALYZE")
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database and end the sessions that are still in it."""
        with self.connect() as session:
            session.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def backends(self, database: str) -> list[Backend]:
        """Return the client sessions of a database, as only a superuser sees them all."""
        query = """
            SELECT pid, usename, application_name, state, wait_event_type,
                   coalesce(state LIKE 'idle in transaction%%', false)
            FROM pg_stat_activity
            WHERE datname = %s AND backend_type = 'client backend' AND pid <> pg_backend_pid()
        """
        with self.connect() as session, session.cursor(row_factory=psycopg.rows.args_row(_backend)) as cursor:
            return cursor.execute(query, (database,)).fetchall()

    def connections(self) -> int:
        """Return how many client sessions the server has now, this one excepted."""
        return self._number(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )

    def usable_connections(self) -> int:
        """Return how many sessions ordinary roles may have at once."""
        return self._number(
            "SELECT sum(CASE name WHEN 'max_connections' THEN setting::int ELSE -setting::int END)"
            " FROM pg_settings"
            " WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections')"
        )

    def _number(self, query: LiteralString) -> int:
        with self.connect() as session, session.cursor(row_factory=psycopg.rows.scalar_row) as cursor:
            return int(cursor.execute(query).fetchone() or 0)

    def answers(self) -> bool:
        """Say whether the server accepts a session."""
        with suppress(psycopg.OperationalError), self.connect():
            return True
        return False


def _backend(  # noqa: PLR0913 - one parameter a column, in the order of the query
    pid: int, user: str, application_name: str, state: str | None, waits_for: str | None, idle: bool
) -> Backend:
    return Backend(
        pid=pid,
        user=user,
        application_name=application_name,
        state=state,
        waits_for=waits_for,
        idle_in_transaction=idle,
    )


@contextmanager
def postgres(*, max_connections: int = 100, settings: tuple[str, ...] = ()) -> Iterator[Cluster]:
    """Start a cluster in a directory of its own; every role reaches it over loopback.

    ``settings`` are more of postgresql.conf's: `name=value`.
    """
    programs = find_programs()
    user = unprivileged_user()
    home = Path(tempfile.mkdtemp(prefix="fastdiag-postgres-"))
    try:
        if user is not None:
            shutil.chown(home, user)
        data = home / "data"
        subprocess.run(["cp", "-a", _template(programs, user), data], check=True)
        more = (f"max_connections={max_connections}", *settings)
        with _server(programs, data, user, settings=more) as cluster:
            with cluster.connect() as session:
                for statement in ROLES:
                    session.execute(statement.encode())
            yield cluster
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _server(programs: Path, data: Path, user: str | None, *, settings: tuple[str, ...]) -> Iterator[Cluster]:
    port = free_port()
    command = [str(programs / "postgres"), "-D", str(data), "-h", LOOPBACK, "-p", str(port), "-k", ""]
    # A test's data need not survive a power cut; everything else stays as Debian ships it.
    for setting in ("fsync=off", *settings):
        command += ["-c", setting]
    log = data.parent / "postgres.log"
    with running(command, name="postgres", log=log, user=user, stop_with=signal.SIGINT) as server:
        cluster = Cluster(server=server, port=port)
        server.wait_ready(cluster.answers)
        yield cluster


@cache
def _template(programs: Path, user: str | None) -> Path:
    """Initialise a data directory once for all clusters of a test run: a copy takes a tenth of the time."""
    home = Path(tempfile.mkdtemp(prefix="fastdiag-initdb-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    if user is not None:
        shutil.chown(home, user)
    _initdb(programs, home / "data", user)
    return home / "data"


def _initdb(programs: Path, data: Path, user: str | None) -> None:
    log = data.parent / "initdb.log"
    command = [
        str(programs / "initdb"),
        "-D",
        str(data),
        "-U",
        SUPERUSER,
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-sync",
    ]
    with running(command, name="initdb", log=log, user=user, environment={"TZ": "UTC"}) as initdb:
        if initdb.popen.wait(60) != 0:
            raise AssertionError(f"initdb failed\n{tail(log)}")
    (data / "pg_hba.conf").write_text(ACCESS_RULES, encoding="utf-8")


def find_programs() -> Path:
    """Return where the newest installed PostgreSQL's programs are; raise MissingServerError if none is."""
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[-3])
    )
    if debian:
        return debian[-1].parent
    on_path = shutil.which("postgres")
    if on_path is None:
        raise MissingServerError(INSTALL_HINT)
    return Path(on_path).resolve().parent


def unprivileged_user() -> str | None:
    """Return the user who must own a cluster when root runs the tests (initdb refuses root), else None."""
    if os.geteuid() != 0:
        return None
    known = subprocess.run(
        ["getent", "passwd", "postgres"], env=clean_environment(), capture_output=True, check=False
    )
    return "postgres" if known.returncode == 0 else "nobody"
