"""What exporters say of the database: each expression of the vocabulary, worked out by Prometheus itself."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
import yaml

from fastdiag.model.signal import PromqlSource
from tests.metrics.catalogue import shipped

PROMTOOL: Final = shutil.which("promtool")
pytestmark = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)")
SELECTOR: Final = 'job="db"'
EPOCH_S: Final = 1760000000


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Series as an exporter publishes them, and what the signal's expression makes of them."""

    name: str
    signal: str
    library: str
    series: Mapping[str, str]
    expected: Mapping[str, float]


def activity(**counts: int) -> dict[str, str]:
    """Return connections as postgres_exporter 0.17 counts them, by what they wait for."""
    common = 'job="db",datname="shop",state="active"'
    return {
        f'pg_stat_activity_count{{{common},wait_event_type="{kind}"}}': f"{n}x40"
        for kind, n in counts.items()
    }


def pool(database: str, **values: int) -> dict[str, str]:
    """Return a pool of user `shop` as pgbouncer_exporter does."""
    return {
        f'pgbouncer_pools_{name}_connections{{job="db",database="{database}",user="shop"}}': f"{value}x40"
        for name, value in values.items()
    }


def statements(suffix: str, **grown: str) -> dict[str, str]:
    """Return counters of pg_stat_statements by id."""
    return {
        f'pg_stat_statements_{suffix}{{job="db",datname="shop",user="shop",queryid="{name}"}}': values
        for name, values in grown.items()
    }


PG: Final = "postgres_exporter"
PGB: Final = "pgbouncer_exporter"
LIMITS: Final = {
    'pg_settings_max_connections{job="db"}': "100x40",
    'pg_settings_superuser_reserved_connections{job="db"}': "3x40",
}
RESERVED: Final = {'pg_settings_reserved_connections{job="db"}': "5x40"}
ENDED: Final = {
    'pg_stat_database_xact_commit{job="db",datname="shop"}': "0+90x40",
    'pg_stat_database_xact_rollback{job="db",datname="shop"}': "0+30x40",
}
LONGEST: Final = 'pg_stat_activity_max_tx_duration{{job="db",datname="shop",state="{}"}}'
STRANDED: Final = {
    **pool("dead", client_waiting=4, server_active=0, server_idle=0, server_used=0, server_testing=0),
    **pool("shop", client_waiting=3, server_active=2, server_idle=1, server_used=1, server_testing=0),
}
SIZES: Final = {
    'pgbouncer_databases_pool_size{job="db",name="shop",database="shop"}': "20x40",
    'pgbouncer_pools_server_active_connections{job="db",database="shop",user="web"}': "1x40",
}
CASES: Final = (
    Case(
        name="slots before 16", signal="db.connections.usable", library=PG, series=LIMITS, expected={"": 97}
    ),
    Case(
        name="slots from 16 on",
        signal="db.connections.usable",
        library=PG,
        series=LIMITS | RESERVED,
        expected={"": 92},
    ),
    Case(
        name="waits for locks",
        signal="db.locks.waiting",
        library=PG,
        series=activity(Lock=2, Client=5),
        expected={"": 2},
    ),
    Case(
        name="nobody waits for a lock",
        signal="db.locks.waiting",
        library=PG,
        series=activity(Client=5),
        expected={"": 0},
    ),
    Case(
        name="an exporter before 0.17 does not say who waits",
        signal="db.locks.waiting",
        library=PG,
        series={'pg_stat_activity_count{job="db",datname="shop",state="active"}': "5x40"},
        expected={},
    ),
    Case(
        name="waits for the disk",
        signal="db.waits.io",
        library=PG,
        series=activity(IO=3, LWLock=1),
        expected={"": 3},
    ),
    Case(
        name="internal locks",
        signal="db.waits.lwlock",
        library=PG,
        series=activity(IO=3, LWLock=1),
        expected={"": 1},
    ),
    Case(
        name="0.14 to 0.16 give the epoch for a session without a transaction",
        signal="db.transactions.longest",
        library=PG,
        series={
            LONGEST.format("active"): "12x40",
            LONGEST.format("idle in transaction"): f"{EPOCH_S}x40",
            LONGEST.format("idle"): "5000x40",
        },
        expected={'state="active"': 12},
    ),
    Case(
        name="transactions that end",
        signal="db.transactions.rate",
        library=PG,
        series=ENDED,
        expected={'datname="shop"': 8},
    ),
    Case(
        name="transactions rolled back",
        signal="db.transactions.rolled_back.ratio",
        library=PG,
        series=ENDED,
        expected={"": 0.25},
    ),
    Case(
        name="calls by statement",
        signal="db.queries.top.rate",
        library=PG,
        series=statements("calls_total", a="0+1500x40", b="0+15x40"),
        expected={'queryid="a"': 100, 'queryid="b"': 1},
    ),
    Case(
        name="time by statement",
        signal="db.queries.top.share",
        library=PG,
        series=statements("seconds_total", a="0+15x40", b="0+45x40"),
        expected={'queryid="a"': 0.25, 'queryid="b"': 0.75},
    ),
    Case(
        name="down", signal="db.unreachable", library=PG, series={'pg_up{job="db"}': "0x40"}, expected={"": 1}
    ),
    Case(
        name="server connections",
        signal="db.pgbouncer.servers.total",
        library=PGB,
        series=STRANDED,
        expected={'database="dead"': 0, 'database="shop"': 4},
    ),
    Case(
        name="clients of a pool without a server connection",
        signal="db.pgbouncer.clients.stranded",
        library=PGB,
        series=STRANDED,
        expected={'database="dead"': 4, 'database="shop"': 0},
    ),
    Case(
        name="a pool for each of two users",
        signal="db.pgbouncer.servers.limit",
        library=PGB,
        series=SIZES | pool("shop", server_active=2),
        expected={'database="shop"': 40},
    ),
    Case(
        name="connections checked out of psycopg's pool",
        signal="db.pool.in_use",
        library="psycopg_pool",
        series={
            'psycopg_pool_pool_size{job="db",instance="a"}': "10x40",
            'psycopg_pool_pool_available{job="db",instance="a"}': "3x40",
        },
        expected={'instance="a"': 7},
    ),
)


def expression(case: Case) -> str:
    sources = shipped().signals[case.signal].sources
    (found,) = (one for one in sources if isinstance(one, PromqlSource) and one.library == case.library)
    return found.promql.replace("$selector", SELECTOR).replace("$window", "300s")


def test_every_expression_says_what_it_should(tmp_path: Path) -> None:
    tests = [
        {
            "name": case.name,
            "interval": "15s",
            "input_series": [{"series": name, "values": values} for name, values in case.series.items()],
            "promql_expr_test": [
                {
                    "expr": expression(case),
                    "eval_time": "9m",
                    "exp_samples": [
                        {"labels": f"{{{labels}}}", "value": value} for labels, value in case.expected.items()
                    ],
                }
            ],
        }
        for case in CASES
    ]
    file = tmp_path / "cases.yaml"
    file.write_text(yaml.safe_dump({"evaluation_interval": "15s", "tests": tests}), encoding="utf-8")
    done = subprocess.run(
        [str(PROMTOOL), "test", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_expression_of_the_database_has_a_case() -> None:
    written = {
        signal.id
        for signal in shipped().signals.values()
        for source in signal.sources
        if isinstance(source, PromqlSource) and signal.id.startswith("db.")
    }
    assert written - {case.signal for case in CASES} == {"db.transactions.idle.longest"}  # like the other
