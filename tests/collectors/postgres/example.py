"""One row as pg_stat_activity gives it, to be varied by tests of what is made of it."""

from typing import Final

from fastdiag.collectors.postgres.rows import Backend

IDLE: Final = Backend(
    pid=1,
    client_addr="127.0.0.1",
    client_port=40000,
    application="web",
    user="shop",
    database="shop",
    backend_type="client backend",
    state="idle",
    wait="Client",
    query_id=None,
    backend_start=1.0,
    xact_start=None,
    query_start=4.0,
    state_change=5.0,
    now=10.0,
)
