"""PgBouncer, seen through its admin console: who waits for which pool, and what each pool may open."""

from __future__ import annotations

import time
from typing import Final

from fastdiag.collectors.libpq.guard import HOME_S
from fastdiag.collectors.pgbouncer.candidates import console_behind
from fastdiag.collectors.pgbouncer.console import Console, open_console
from fastdiag.collectors.pgbouncer.report import report_clients, report_paused, report_pools
from fastdiag.collectors.pgbouncer.rows import databases_of, pools_of, totals_of
from fastdiag.collectors.pgbouncer.traffic import report_traffic
from fastdiag.collectors.sink import Sink, SourceFailed, SourceSkipped
from fastdiag.model.signal import Missing
from fastdiag.model.target import Target

__all__ = ["collect", "console_behind"]

SECOND_LOOK_S: Final = 0.3
DSN_HINT: Final = "--pgbouncer postgresql://USER@HOST:6432/pgbouncer, USER one of its stats_users"


def collect(target: Target, sink: Sink) -> None:
    """Look twice at the pools through the console's DSN. Sends nothing but SHOW."""
    if target.pgbouncer is None:
        raise SourceSkipped("no PgBouncer is known", hint=DSN_HINT)
    console = open_console(target.pgbouncer, sink)
    try:
        _observe(console, target, sink)
    finally:
        console.close()


def _observe(console: Console, target: Target, sink: Sink) -> None:
    """Write what each step shows at once: an answer that never comes loses nothing."""
    report_clients(sink, console.show("LISTS"), console.show("CONFIG"))
    databases = databases_of(console.show("DATABASES"))
    report_paused(sink, databases)
    first_totals, first = totals_of(console.show("STATS")), pools_of(console.show("POOLS"))
    started = time.monotonic()
    report_pools(sink, first, first, databases)
    if isinstance(first, Missing) or sink.remaining() - HOME_S < target.sample_gap_s + SECOND_LOOK_S:
        report_traffic(sink, first_totals, None, 0.0)
        return
    time.sleep(target.sample_gap_s)
    try:
        last_totals = totals_of(console.show("STATS"))
        report_traffic(sink, first_totals, last_totals, time.monotonic() - started)
        report_pools(sink, first, pools_of(console.show("POOLS")), databases)
    except SourceFailed:
        report_traffic(sink, first_totals, None, 0.0)
        raise
