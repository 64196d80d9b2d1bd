"""PgBouncer before a cluster, as people run it: transaction mode, a small pool."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

from tests.stack.ports import LOOPBACK, free_port
from tests.stack.postgres import MONITOR, Cluster, unprivileged_user
from tests.stack.processes import ServerProcess, running

PROGRAM: Final = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
INSTALL_HINT: Final = "PgBouncer is not installed (Debian: apt install pgbouncer)"
WATCHER: Final = "watcher"  # one of stats_users: may look, and nothing else
CLIENT: Final = "shop"  # may use the pools, and not look at the console
PASSWORD: Final = "s3cret-pool"  # noqa: S105 - guards a pooler that lives for a minute on loopback
POOL_SIZE: Final = 2

# Users log in to the pooler; the pools themselves log in to the server as the role of the database line.
SETTINGS: Final = """\
[databases]
dead = host={host} port={dead_port} dbname=postgres user={login}
* = host={host} port={server_port} user={login}
[pgbouncer]
listen_addr = {host}
listen_port = {port}
auth_type = {auth_type}
auth_file = {home}/users.txt
stats_users = {watcher}
admin_users = {admin}
pool_mode = transaction
default_pool_size = {pool_size}
max_client_conn = {max_clients}
server_login_retry = 1
query_wait_timeout = {query_wait_timeout}
unix_socket_dir =
ignore_startup_parameters = {ignored}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooler:
    """A running PgBouncer."""

    server: ServerProcess
    port: int

    def dsn(self, user: str = MONITOR, database: str = "postgres") -> str:
        """Return the URL with which a user reaches a database through the pooler."""
        return f"postgresql://{user}:{PASSWORD}@{LOOPBACK}:{self.port}/{database}"

    def console(self, user: str = WATCHER) -> str:
        """Return the URL of the admin console."""
        return self.dsn(user, "pgbouncer")

    def answers(self) -> bool:
        """Say whether the pooler lets somebody in."""
        with suppress(psycopg.OperationalError), closing(psycopg.connect(self.console(), connect_timeout=3)):
            return True
        return False


@contextmanager
def pgbouncer(  # noqa: PLR0913 - what pgbouncer.ini decides
    cluster: Cluster,
    *,
    ignored: str = "",
    query_wait_timeout: int = 2,
    auth_type: str = "plain",
    login: str = MONITOR,
    pool_size: int = POOL_SIZE,
    max_clients: int = 50,
    admin: str = "",
) -> Iterator[Pooler]:
    """Run PgBouncer before a cluster; its database `dead` leads to where nothing listens.

    ``login`` is how the pools log in to the server: a role, and ` password=...` where it needs one.
    """
    port, user = free_port(), unprivileged_user()
    home = Path(tempfile.mkdtemp(prefix="fastdiag-pgbouncer-"))
    settings = SETTINGS.format(
        host=LOOPBACK,
        port=port,
        home=home,
        server_port=cluster.port,
        dead_port=free_port(),
        login=login,
        watcher=WATCHER,
        pool_size=pool_size,
        max_clients=max_clients,
        admin=admin,
        ignored=ignored,
        query_wait_timeout=query_wait_timeout,
        auth_type=auth_type,
    )
    (home / "pgbouncer.ini").write_text(settings, encoding="utf-8")
    users = "".join(f'"{name}" "{PASSWORD}"\n' for name in (WATCHER, CLIENT, MONITOR))
    (home / "users.txt").write_text(users, encoding="utf-8")
    try:
        if user is not None:
            shutil.chown(home, user)
        command = [str(PROGRAM), str(home / "pgbouncer.ini")]
        with running(command, name="pgbouncer", log=home / "pgbouncer.log", user=user) as server:
            pooler = Pooler(server=server, port=port)
            server.wait_ready(pooler.answers)
            yield pooler
    finally:
        shutil.rmtree(home, ignore_errors=True)
