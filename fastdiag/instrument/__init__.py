"""Published from inside the application: what no exporter shows.

    from fastdiag.instrument import instrument

    instrument(app)

The event loop's lag; the pools of SQLAlchemy, psycopg_pool and asyncpg with the waits for them; AnyIO's
thread limiter; calls of httpx with their timeouts and retries; pauses of the garbage collector; background
tasks begun, finished, failed and lost. Through the application's OpenTelemetry MeterProvider, else through
prometheus_client (with `PROMETHEUS_MULTIPROC_DIR` for all workers together; gunicorn's `child_exit` hook
should then call `prometheus_client.multiprocess.mark_process_dead`, as its manual says). And a request id in
every log record and answer, which ``request_id`` returns.

Nothing of the rest of fastdiag is imported, and no library that the application does not use.
"""

from fastdiag.instrument.context import request_id
from fastdiag.instrument.install import instrument

__all__ = ["instrument", "request_id"]
