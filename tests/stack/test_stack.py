"""The test ground itself: servers come up, are what they claim to be, and leave nothing behind."""

import sys
import time
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from tests.incidents.deployments import ORDERS, QUOTES, SHOP, Deployment
from tests.incidents.stage import APPS, UPSTREAM_SETTINGS
from tests.stack.apps import ServerKind, app_server
from tests.stack.load import Route, load
from tests.stack.ports import free_port, is_listening
from tests.stack.postgres import APPLICATION, MONITOR, VISITOR, Cluster
from tests.stack.processes import running
from tests.stack.prometheus import prometheus
from tests.stack.upstream import upstream
from tests.stack.waiting import DeadlineExceededError, wait_until

SCHEMA = (APPS / "schema.sql").read_text(encoding="utf-8")


def test_waiting_in_vain_says_for_what_and_what_was_seen() -> None:
    with pytest.raises(DeadlineExceededError, match="not within 0 s: the moon is blue\nit is grey"):
        wait_until(lambda: False, what="the moon is blue", within_s=0, explain=lambda: "it is grey")


def test_a_server_that_ends_at_once_is_reported_with_its_log(server_directory: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no licence')"]
    with (
        pytest.raises(AssertionError, match=r"(?s)broken ended with code 1.*no licence"),
        running(command, name="broken", log=server_directory / "broken.log") as server,
    ):
        server.wait_ready(lambda: False)


def test_stopping_a_server_stops_what_it_started(server_directory: Path) -> None:
    fork = "import subprocess, time; subprocess.Popen(['sleep', '60']); print('ready'); time.sleep(60)"
    log = server_directory / "parent.log"
    with running([sys.executable, "-c", fork], name="parent", log=log) as server:
        server.wait_ready(lambda: "ready" in log.read_text(encoding="utf-8"))
        (child,) = psutil.Process(server.pid).children()
        assert child.is_running()
    wait_until(lambda: not _alive(child), what="the child has ended", within_s=5)
    assert server.popen.poll() is not None


def _alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_postgres_checks_the_password_of_the_application(postgres_server: Cluster) -> None:
    right = postgres_server.dsn(APPLICATION)
    wrong = right.replace("s3cret", "guess")
    with psycopg.connect(right) as session:
        assert session.execute("SELECT current_user").fetchone() == (APPLICATION,)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_only_the_monitor_role_sees_what_other_sessions_do(postgres_server: Cluster) -> None:
    database = postgres_server.create_database(SCHEMA)
    seen = {}
    with postgres_server.connect(APPLICATION, database) as busy:
        busy.execute("SELECT 'working'")
        for role in (MONITOR, VISITOR):
            with postgres_server.connect(role, database) as session:
                query = "SELECT state FROM pg_stat_activity WHERE usename = %s AND datname = %s"
                seen[role] = session.execute(query, (APPLICATION, database)).fetchall()
        assert [backend.state for backend in postgres_server.backends(database)] == ["idle"]
    postgres_server.drop_database(database)
    assert seen == {MONITOR: [("idle",)], VISITOR: [(None,)]}


def test_the_cluster_counts_its_sessions_and_slots(postgres_server: Cluster) -> None:
    before = postgres_server.connections()
    with postgres_server.connect(VISITOR):
        assert postgres_server.connections() == before + 1
    assert postgres_server.usable_connections() == 97


def test_the_upstream_becomes_slow_while_it_runs(server_directory: Path) -> None:
    with upstream(server_directory, latency_s=0.0) as partner:
        quick = partner.answers_in_s()
        partner.answer_in(0.5)
        slow = partner.answers_in_s()
    assert slow > 0.4 > quick
    assert not is_listening(partner.port)


def test_load_keeps_its_rate_and_measures_what_clients_wait(server_directory: Path) -> None:
    with upstream(server_directory, latency_s=0.3) as partner:
        with load(
            partner.url, [Route(path="/a/{id}", rps=30), Route(path="/b", rps=5)], server_directory
        ) as users:
            wait_until(lambda: users.seen(60).finished > 60, what="60 answers", within_s=20)
            everything, part = users.seen(60), users.seen(60, route="/b")
        partner_down = users.seen(60).failed
    assert 0.2 < everything.p50_s < everything.p95_s < 1
    assert 0 < part.finished < everything.finished / 3
    assert (everything.failed, partner_down) == (0, 0)


def test_load_never_has_more_requests_in_flight_than_allowed(server_directory: Path) -> None:
    with (
        upstream(server_directory, latency_s=30) as partner,
        load(partner.url, [Route(path="/", rps=50)], server_directory, max_in_flight=7) as users,
    ):
        wait_until(lambda: users.seen().in_flight >= 7, what="seven requests in flight", within_s=10)
        time.sleep(1)
        assert users.seen().in_flight == 7
        assert users.seen().finished == 0


def test_load_counts_a_refused_connection_as_a_failure(server_directory: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    with load(nobody, [Route(path="/", rps=50)], server_directory) as users:
        wait_until(lambda: users.seen(60).failed >= 10, what="ten failures", within_s=10)
        assert users.seen(60).failure_ratio == 1


@pytest.mark.parametrize(
    ("deployment", "kind", "metric"),
    [
        (ORDERS, ServerKind.GUNICORN, "http_request_duration_highr_seconds_count"),
        (ORDERS, ServerKind.UVICORN, "db_client_connections_usage_connections"),
        (SHOP, ServerKind.GUNICORN, "starlette_request_duration_seconds_count"),
        (QUOTES, ServerKind.GUNICORN, "http_server_duration_milliseconds_count"),
    ],
    ids=lambda value: getattr(value, "app", None) or getattr(value, "name", None) or "metric",
)
def test_prometheus_sees_what_the_applications_expose(
    postgres_server: Cluster, server_directory: Path, deployment: Deployment, kind: ServerKind, metric: str
) -> None:
    database = postgres_server.create_database(SCHEMA)
    environment = {
        "DATABASE_URL": postgres_server.dsn(APPLICATION, database),
        **dict.fromkeys(UPSTREAM_SETTINGS, "http://127.0.0.1:9"),
    }
    with (
        app_server(
            APPS / deployment.app,
            directory=server_directory,
            kind=kind,
            environment=environment,
            shared_metrics=deployment.shared_metrics,
        ) as app,
        prometheus({"shop": [app.address]}, server_directory) as server,
    ):
        workers = psutil.Process(app.pid).children()
        for _ in range(20):
            assert httpx.get(f"{app.url}/products").is_success
        wait_until(
            lambda: (server.value(f"sum({metric})") or 0) > 0,
            what=f"{metric} has reached Prometheus",
            within_s=10,
        )
        assert len(workers) >= 2
    postgres_server.drop_database(database)
    assert not any(_alive(worker) for worker in workers)
