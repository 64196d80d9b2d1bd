"""What is found on this machine without being named, and what is not guessed."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import pytest

from fastdiag.config import Settings
from fastdiag.discovery import Found, discover
from fastdiag.errors import ConfigError
from fastdiag.host.proc import Proc
from fastdiag.host.servers import Server, server_of
from fastdiag.model.target import DISCOVERED, Secret
from tests.collectors.watching import DEPOT
from tests.stack.ports import LOOPBACK, free_port, is_listening
from tests.stack.processes import ServerProcess, running, script
from tests.stack.prometheus import prometheus
from tests.stack.waiting import wait_until

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux /proc")
PASSWORD: Final = "hunter2-in-the-environment"  # noqa: S105 - guards nothing
ENDED_PID: Final = 2**22 + 1
NAMED: Final = {"OTEL_SERVICE_NAME": f"depot-of-{os.getpid()}"}
"""What tells our servers from those of other tests that run at the same time."""
NOBODY: Final = 65534


def find(proc: Proc | None = None, **settings: object) -> Found:
    return discover(Settings(**settings), slow_s=1.0, proc=proc)  # type: ignore[arg-type]


@contextmanager
def uvicorn(
    directory: Path, *arguments: str, environment: Mapping[str, str] | None = None, port: int | None = None
) -> Iterator[tuple[ServerProcess, int]]:
    port = port or free_port()
    command = [script("uvicorn"), "depot:app", "--port", str(port), *arguments]
    log = directory / f"uvicorn-{port}.log"
    with running(
        command, name="uvicorn", log=log, working_directory=DEPOT.parent, environment=environment
    ) as server:
        server.wait_ready(lambda: "Uvicorn running" in log.read_text(encoding="utf-8"))
        yield server, port


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerProcess, int]]:
    environment = {"DATABASE_URL": f"postgresql+asyncpg://shop:{PASSWORD}@db.internal:5433/shop", **NAMED}
    with uvicorn(tmp_path_factory.mktemp("alone"), environment=environment) as found:
        yield found


def server(pid: int) -> Server:
    found = server_of(Proc(), pid)
    assert isinstance(found, Server)
    return found


@linux
def test_a_server_is_found_with_its_port_page_and_database(alone: tuple[ServerProcess, int]) -> None:
    uvicorn_process, port = alone
    found = find(app_url=f"http://{LOOPBACK}:{port}")
    target = found.target

    assert target.local is not None
    assert (target.local.kind, target.local.app, target.local.master) == ("uvicorn", "depot:app", None)
    assert (target.local.workers, target.local.ports) == ((uvicorn_process.pid,), (port,))
    assert target.service is None, "the name of an application is not that of a Prometheus job"
    assert target.metrics_url == f"http://{LOOPBACK}:{port}/metrics"
    assert target.origin_of("metrics_url") == "guessed"
    assert target.postgres is not None
    assert target.postgres.reveal().startswith("postgresql+asyncpg://")
    assert target.database_endpoints == (("db.internal", 5433),)
    assert target.origin_of("postgres") == f"DATABASE_URL of pid {uvicorn_process.pid}"


@linux
def test_what_stands_in_the_environment_of_the_service_is_never_printed(
    alone: tuple[ServerProcess, int],
) -> None:
    found = find(pid=alone[0].pid)

    assert PASSWORD not in repr(found)
    assert PASSWORD not in str(found.target.postgres)
    assert found.target.postgres in found.target.secrets


@linux
def test_what_was_given_wins_over_what_is_found(alone: tuple[ServerProcess, int]) -> None:
    given = Secret("postgresql://reader@replica/shop")
    found = find(
        pid=alone[0].pid,
        postgres=given,
        app_url="https://shop.example.com",
        metrics_url="http://10.0.0.1:9000/m",
        service="checkout",
        prometheus=Secret("http://prometheus.internal"),
        origin={"postgres": "--postgres"},
    ).target

    assert (found.postgres, found.app_url, found.service) == (given, "https://shop.example.com", "checkout")
    assert found.metrics_url == "http://10.0.0.1:9000/m"
    assert found.origin_of("postgres") == "--postgres"
    assert found.database_endpoints == (("replica", 5432), ("db.internal", 5433))
    assert found.local is not None


@linux
def test_a_worker_and_its_master_lead_to_the_same_server(tmp_path: Path) -> None:
    with uvicorn(tmp_path, "--workers", "2") as (master, port):
        wait_until(lambda: is_listening(port), what="a worker listens", within_s=10)
        wait_until(lambda: len(server(master.pid).workers) == 2, what="both workers run", within_s=10)
        by_master = find(pid=master.pid).target.local
        assert by_master is not None
        by_worker = find(pid=by_master.workers[1]).target.local

    assert by_master == by_worker
    assert by_master.master == master.pid
    assert len(by_master.workers) == 2
    assert by_master.ports == (port,)


@linux
def test_of_several_servers_the_busiest_is_taken_and_the_others_are_named(
    alone: tuple[ServerProcess, int], tmp_path: Path
) -> None:
    with uvicorn(tmp_path, environment=NAMED) as (busy, port), ExitStack() as clients:
        for _ in range(5):
            clients.enter_context(socket.create_connection((LOOPBACK, port)))
        found = find(service=NAMED["OTEL_SERVICE_NAME"])

    assert found.target.local is not None
    assert found.target.local.workers == (busy.pid,)
    (note,) = found.notes
    assert f"this is uvicorn depot:app on port {port}, the busiest" in note
    assert f"uvicorn depot:app on port {alone[1]} (--pid {alone[0].pid})" in note


@linux
def test_a_url_chooses_the_server_that_listens_on_its_port(
    alone: tuple[ServerProcess, int], tmp_path: Path
) -> None:
    with uvicorn(tmp_path) as (other, port):
        found = find(app_url=f"http://localhost:{port}/")
        assert found.target.local is not None
        assert found.target.local.workers == (other.pid,)
        assert not found.notes
        again = find(app_url=f"http://{LOOPBACK}:{alone[1]}")

    assert again.target.local is not None
    assert again.target.local.workers == (alone[0].pid,)


@linux
def test_a_service_elsewhere_is_not_mixed_with_the_servers_of_this_machine(
    alone: tuple[ServerProcess, int],
) -> None:
    same_port = find(app_url=f"http://192.0.2.7:{alone[1]}")
    other_port = find(app_url="https://shop.example.com")

    assert same_port.target.local is None
    assert other_port.target.local is None
    assert "if one is, name it: --pid" in other_port.notes[0]
    assert "shop.example.com:443" in other_port.notes[0]


@linux
def test_a_local_port_on_which_no_server_listens_is_taken_for_a_proxy_and_told(
    alone: tuple[ServerProcess, int],
) -> None:
    port = free_port()
    found = find(app_url=f"http://localhost:{port}")

    assert is_listening(alone[1])
    assert found.target.local is not None
    assert found.notes[0].startswith(f"no server is seen to listen on port {port}")


@linux
def test_tls_and_any_address_are_turned_into_a_url_that_works(tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=depot"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], capture_output=True, check=True)
    flags = ["--host", "0.0.0.0", f"--ssl-certfile={certificate}", "--ssl-keyfile", str(key)]  # noqa: S104 - that is the case
    with uvicorn(tmp_path, *flags) as (found, port):
        target = find(pid=found.pid).target

    assert target.app_url == f"https://127.0.0.1:{port}"


@linux
def test_of_several_ports_the_one_on_the_command_line_is_the_service(tmp_path: Path) -> None:
    first, second = sorted((free_port(), free_port()))
    program = (
        "import socket, sys, time\n"
        "kept = [socket.create_server(('127.0.0.1', int(port))) for port in sys.argv[-2:]]\n"
        "print('ready')\ntime.sleep(60)\n"
    )
    (tmp_path / "uvicorn").write_text(program, encoding="utf-8")
    command = [
        sys.executable,
        str(tmp_path / "uvicorn"),
        "shop:app",
        "--port",
        str(second),
        str(first),
        str(second),
    ]
    with running(command, name="two ports", log=tmp_path / "log") as started:
        started.wait_ready(lambda: "ready" in started.log.read_text(encoding="utf-8"))
        target = find(pid=started.pid).target

    assert target.app_url == f"http://127.0.0.1:{second}"
    assert target.local is not None
    assert target.local.ports == (first, second)


@linux
@pytest.mark.parametrize(
    ("environment", "variable"),
    [
        ({"DATABASE_URL": "sqlite:///shop.db"}, None),
        ({"DATABASE_URL": "sqlite:///shop.db", "POSTGRES_DSN": "postgres://u:p@h/d"}, "POSTGRES_DSN"),
        ({"DB_URL": "mysql://u:p@h/d"}, None),
        ({}, None),
    ],
)
def test_only_a_postgresql_url_is_taken_from_the_service(
    tmp_path: Path, environment: Mapping[str, str], variable: str | None
) -> None:
    (tmp_path / "serve.py").write_text("print('ready')\nimport time\ntime.sleep(60)\n", encoding="utf-8")
    command = [sys.executable, str(tmp_path / "serve.py")]
    with running(command, name="serve", log=tmp_path / "log", environment=environment) as started:
        started.wait_ready(lambda: "ready" in started.log.read_text(encoding="utf-8"))
        target = find(pid=started.pid).target

    assert (target.postgres is not None) == (variable is not None)
    assert target.origin_of("postgres") == (f"{variable} of pid {started.pid}" if variable else None)
    assert target.app_url is None


@linux
def test_a_prometheus_on_this_machine_is_found(tmp_path: Path) -> None:
    with prometheus({}, tmp_path) as running_prometheus:
        found = find().target

        assert found.prometheus is not None
        port = found.prometheus.reveal().rpartition(":")[2]
        assert is_listening(int(port))
        assert (found.origin_of("prometheus") or "").startswith(DISCOVERED)
        assert running_prometheus.url.startswith("http://127.0.0.1")


@linux
def test_a_pid_that_is_no_process_is_refused_in_words() -> None:
    with pytest.raises(ConfigError) as refused:
        find(pid=ENDED_PID)

    assert str(refused.value) == (
        f"--pid {ENDED_PID}: no such process\n  hint: name the server's master or one of its workers"
    )


@linux
def test_a_pid_that_is_no_server_is_refused_in_words() -> None:
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        with pytest.raises(ConfigError, match="neither a known server nor a Python process"):
            find(pid=sleeper.pid)
        sleeper.kill()


@pytest.mark.parametrize("url", ["http://[::1", "http://h:99999", "http://"])
def test_what_is_no_url_is_refused_in_words(url: str) -> None:
    with pytest.raises(ConfigError, match="--app-url is no URL"):
        find(Proc(Path("/proc")), app_url=url)


def test_nothing_at_all_is_found_where_nothing_runs(tmp_path: Path) -> None:
    (tmp_path / "self").mkdir()
    found = find(Proc(tmp_path))

    assert found.target.local is None
    assert found.target.app_url is None
    assert found.target.metrics_url is None
    assert found.target.postgres is None
    assert found.target.prometheus is None
    assert not found.notes


def test_a_platform_without_proc_says_so_and_takes_a_pid_at_its_word(tmp_path: Path) -> None:
    nowhere = Proc(tmp_path / "no-proc")
    unnamed = find(nowhere)
    named = find(nowhere, pid=os.getpid(), app_url="http://localhost:8000")

    assert unnamed.target.local is None
    assert unnamed.notes == ["no process table: needs Linux"]
    assert named.target.local is not None
    assert (named.target.local.kind, named.target.local.workers) == ("process", (os.getpid(),))
    assert named.target.local.ports == (8000,)
    with pytest.raises(ConfigError, match="no such process"):
        find(nowhere, pid=ENDED_PID)


AS_NOBODY: Final = """
import os, sys
from fastdiag.config import Settings
from fastdiag.discovery import discover
os.setgroups([]); os.setgid(65534); os.setuid(65534)
found = discover(Settings(pid=int(sys.argv[1]) if len(sys.argv) > 1 else None), slow_s=1)
print(found.target.local, found.target.app_url, found.target.postgres, found.notes, sep="\\n")
"""


@linux
def test_another_users_server_is_located_by_its_command_line_and_its_environment_stays_its_own(
    alone: tuple[ServerProcess, int],
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(alone[0].pid)], capture_output=True, text=True, check=True
    )
    local, app_url, postgres, _ = done.stdout.splitlines()

    assert f"ports=({alone[1]},)" in local
    assert app_url == f"http://127.0.0.1:{alone[1]}"
    assert postgres == "None"


@linux
def test_hidden_processes_are_not_taken_for_none(alone: tuple[ServerProcess, int]) -> None:
    mount = "mount -t proc -o hidepid=2 proc /proc"
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "sh", "-c", mount], check=False).returncode:
        pytest.skip("mounting /proc needs root")
    command = ["unshare", "-m", "sh", "-c", f'{mount} && exec "$0" -c "$1"', sys.executable, AS_NOBODY]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert is_listening(alone[1])
    assert done.stdout.splitlines()[0] == "None"
    assert "hidepid" in done.stdout


@linux
def test_a_service_in_a_container_is_neither_guessed_an_address_nor_sent_its_password_to_ours(
    tmp_path: Path,
) -> None:
    if os.geteuid() != 0 or subprocess.run(["unshare", "-n", "true"], check=False).returncode != 0:
        pytest.skip("network namespaces need root")
    for host, is_taken in (("localhost", False), ("db.internal", True)):
        environment = {"DATABASE_URL": f"postgresql://shop:{PASSWORD}@{host}/shop"}
        command = ["unshare", "-n", script("uvicorn"), "depot:app"]
        log = tmp_path / f"{host}.log"
        with running(
            command, name="uvicorn", log=log, working_directory=DEPOT.parent, environment=environment
        ) as started:
            started.wait_ready(lambda log=log: "Uvicorn running" in log.read_text(encoding="utf-8"))  # type: ignore[misc]
            found = find(pid=started.pid)

        assert found.target.app_url is None
        assert (found.target.postgres is not None) is is_taken
        assert found.notes[0].startswith("the service has a network of its own")


BROKER: Final = f"redis://:{PASSWORD}@broker.internal:6379/0"


def urls(secrets: tuple[Secret, ...]) -> list[str]:
    return [secret.reveal() for secret in secrets]


@contextmanager
def pretending(
    name: str, directory: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> Iterator[int]:
    """Run a Python process that is called like a program, and yield its pid."""
    (directory / name).write_text("print('ready')\nimport time\ntime.sleep(60)\n", encoding="utf-8")
    command = [sys.executable, str(directory / name), *arguments]
    log = directory / f"{name}.log"
    with running(
        command, name=name, log=log, environment=environment, working_directory=directory
    ) as started:
        started.wait_ready(lambda: "ready" in log.read_text(encoding="utf-8"))
        yield started.pid


@linux
def test_brokers_and_caches_of_the_service_are_found_and_masked(tmp_path: Path) -> None:
    environment = {
        "CELERY_BROKER_URL": f"{BROKER};redis://standby.internal/0",
        "CACHE_URL": "memory://",
        "REDIS_URL": "redis://cache.internal/1",
    }
    with pretending("serve.py", tmp_path, environment=environment) as pid:
        target = find(pid=pid).target

    assert urls(target.queues) == [BROKER, "redis://standby.internal/0"]
    assert urls(target.caches) == ["redis://cache.internal/1"]
    assert target.origin_of("queue") == f"CELERY_BROKER_URL of pid {pid}"
    assert target.origin_of("cache") == f"REDIS_URL of pid {pid}"
    assert set(target.queues) <= set(target.secrets)
    assert PASSWORD not in repr(target)


@linux
def test_a_redis_without_another_broker_may_be_the_broker(tmp_path: Path) -> None:
    with pretending("serve.py", tmp_path, environment={"REDIS_URL": "redis://cache.internal/1"}) as pid:
        target = find(pid=pid).target
        given = find(pid=pid, queues=(Secret(BROKER),), caches=(Secret("redis://other/0"),)).target

    assert urls(target.queues) == ["redis://cache.internal/1"]
    assert urls(target.caches) == ["redis://cache.internal/1"]
    assert (urls(given.queues), urls(given.caches)) == ([BROKER], ["redis://other/0"])


@linux
def test_a_queue_worker_on_this_machine_leads_to_its_broker(tmp_path: Path) -> None:
    with (
        pretending("serve.py", tmp_path) as pid,
        pretending("rq", tmp_path, "worker", "-u", BROKER) as worker,
    ):
        target = find(pid=pid).target

    assert worker in {pid for local in target.queue_workers for pid in local.workers}
    assert urls(target.queues) == [BROKER]
    assert target.origin_of("queue") == f"rq worker, pid {worker}"
    assert Secret(BROKER) in target.secrets


@linux
@pytest.mark.parametrize(
    ("name", "is_told"),
    [("checkout-api-{}", False), ("checkout_api_{}", False), ("payments-of-nobody", True)],
)
def test_a_name_that_no_server_here_goes_by_is_told(name: str, is_told: bool, tmp_path: Path) -> None:
    named = {"OTEL_SERVICE_NAME": f"checkout-api-{os.getpid()}"}
    with uvicorn(tmp_path, environment=named) as (process, _):
        found = find(service=name.format(os.getpid()))

    assert found.target.local is not None
    told = [note for note in found.notes if "goes by the name" in note]
    assert bool(told) is is_told
    if not is_told:
        assert found.target.local.workers == (process.pid,)
