"""Server process trees: real ones, and the command lines of the rest."""

import os
from pathlib import Path

import pytest

from fastdiag.host.proc import Proc
from fastdiag.host.programs import ServerKind, is_spawned_worker, may_be_server, option_values, recognise
from fastdiag.host.servers import Server, find_servers, server_of
from fastdiag.host.tcp import Endpoint
from fastdiag.host.unreadable import Reason, Unreadable
from tests.host.conftest import Started
from tests.host.test_proc import plant

PYTHON = "/usr/bin/python3.11"
SPAWN = "from multiprocessing.spawn import spawn_main; spawn_main(tracker_fd=7, pipe_handle=9)"


def found(proc: Proc, started: Started) -> Server:
    servers = find_servers(proc)
    assert isinstance(servers, tuple)
    return next(server for server in servers if server.main_pid == started.pid)


def test_uvicorn_alone_is_its_own_worker(proc: Proc, uvicorn_alone: Started) -> None:
    server = found(proc, uvicorn_alone)

    assert (server.kind, server.app) == (ServerKind.UVICORN, "shop:app")
    assert (server.master_pid, server.workers) == (None, (uvicorn_alone.pid,))
    assert server.listening == (Endpoint(host="127.0.0.1", port=uvicorn_alone.port),)


def test_uvicorn_workers_are_told_from_the_resource_tracker(proc: Proc, uvicorn_pair: Started) -> None:
    server = found(proc, uvicorn_pair)

    assert (server.kind, server.app, server.master_pid) == (ServerKind.UVICORN, "shop:app", uvicorn_pair.pid)
    assert len(server.workers) == 2
    for worker in server.workers:
        cmdline = proc.cmdline(worker)
        assert isinstance(cmdline, tuple)
        assert "--multiprocessing-fork" in cmdline
    assert server.listening == (Endpoint(host="127.0.0.1", port=uvicorn_pair.port),)


def test_gunicorn_is_one_server_and_any_of_its_pids_leads_to_it(proc: Proc, gunicorn_pair: Started) -> None:
    server = found(proc, gunicorn_pair)

    assert (server.kind, server.app, server.master_pid) == (
        ServerKind.GUNICORN,
        "shop:app",
        gunicorn_pair.pid,
    )
    assert len(server.workers) == 2
    assert server.listening == (Endpoint(host="127.0.0.1", port=gunicorn_pair.port),)
    assert server_of(proc, server.workers[0]) == server_of(proc, gunicorn_pair.pid) == server


@pytest.mark.parametrize(
    ("fixture", "kind", "app"),
    [
        ("hypercorn_pair", ServerKind.HYPERCORN, "shop:app"),
        ("granian_pair", ServerKind.GRANIAN, "shop:app"),
        ("fastapi_pair", ServerKind.FASTAPI, "main.py"),
    ],
)
def test_every_server_is_found_with_its_two_workers_and_its_port(
    proc: Proc, request: pytest.FixtureRequest, fixture: str, kind: ServerKind, app: str
) -> None:
    started: Started = request.getfixturevalue(fixture)
    server = found(proc, started)

    assert (server.kind, server.app, server.master_pid) == (kind, app, started.pid)
    assert len(server.workers) == 2
    assert not isinstance(server.listening, Unreadable)
    assert [endpoint.port for endpoint in server.listening] == [started.port]
    assert server_of(proc, server.workers[1]) == server


def test_any_other_python_process_can_be_named_by_its_pid(proc: Proc) -> None:
    server = server_of(proc, os.getpid())

    assert isinstance(server, Server)
    assert (server.kind, server.master_pid, server.workers) == (ServerKind.PYTHON, None, (os.getpid(),))


def test_a_pid_that_is_gone_says_so(proc: Proc) -> None:
    answer = server_of(proc, 2**22 + 1)

    assert isinstance(answer, Unreadable)
    assert answer.reason is Reason.GONE


@pytest.mark.parametrize(
    ("cmdline", "kind", "app"),
    [
        ([PYTHON, "/venv/bin/uvicorn", "shop.main:app", "--port", "80"], ServerKind.UVICORN, "shop.main:app"),
        ([PYTHON, "-m", "uvicorn", "--reload", "main:app"], ServerKind.UVICORN, "main:app"),
        ([PYTHON, "-X", "dev", "-u", "-m", "uvicorn", "main:app"], ServerKind.UVICORN, "main:app"),
        (["uvicorn", "--header", "a:b", "--host=::", "main:make()"], ServerKind.UVICORN, "main:make()"),
        (["uvicorn", "--factory", "--header", "a:b", "main:create"], ServerKind.UVICORN, "main:create"),
        ([PYTHON, "/bin/gunicorn", "-b", "localhost:80", "main:app"], ServerKind.GUNICORN, "main:app"),
        ([PYTHON, "/bin/gunicorn", "-w", "4", "shop.main"], ServerKind.GUNICORN, "shop.main"),
        ([PYTHON, "/bin/gunicorn", "-c", "conf.py", "main:make('a')"], ServerKind.GUNICORN, "main:make('a')"),
        (["gunicorn: master [shop.main:app]"], ServerKind.GUNICORN, "shop.main:app"),
        ([PYTHON, "/bin/fastapi", "run", "shop/main.py", "--port", "80"], ServerKind.FASTAPI, "shop/main.py"),
        ([PYTHON, "/bin/fastapi", "dev"], ServerKind.FASTAPI, None),
        ([PYTHON, "/bin/hypercorn", "shop.main:app", "-w", "2"], ServerKind.HYPERCORN, "shop.main:app"),
        (["granian asgi 127.0.0.1:8000 shop.main:app worker-1"], ServerKind.GRANIAN, "shop.main:app"),
    ],
)  # fmt: skip
def test_command_lines_are_recognised(cmdline: list[str], kind: ServerKind, app: str | None) -> None:
    program = recognise(tuple(cmdline))

    assert program is not None
    assert program.row.kind is kind
    assert program.app == app


@pytest.mark.parametrize(
    "cmdline",
    [
        [],
        [PYTHON],
        [PYTHON, "manage.py", "uvicorn"],
        [PYTHON, "-c", "import uvicorn"],
        [PYTHON, "-c", SPAWN, "--multiprocessing-fork"],
        ["vim", "gunicorn.conf.py"],
        ["grep", "uvicorn"],
    ],
)
def test_other_programs_are_not_taken_for_servers(cmdline: list[str]) -> None:
    assert recognise(tuple(cmdline)) is None


@pytest.mark.parametrize(
    "spelling", [["--workers", "3"], ["--workers=3"], ["-w", "3"], ["-w3"], ["-w", "9", "--workers", "3"]]
)
def test_an_options_value_is_found_however_it_is_spelt(spelling: list[str]) -> None:
    values = list(option_values(("app:app", *spelling, "--worker-class", "sync"), ("-w", "--workers")))

    assert values[-1] == "3"


def test_only_names_worth_a_closer_look_are_candidates() -> None:
    names = (
        "python3.13",
        "python",
        "pypy3",
        "uvicorn",
        "gunicorn: maste",
        "granian asgi 12",
        "postgres",
        "bash",
    )

    assert [name for name in names if may_be_server(name)] == list(names[:6])
    assert not is_spawned_worker((PYTHON, "-c", "from multiprocessing.resource_tracker import main;main(6)"))


def grow(root: Path, pid: int, parent: int, state: str, *cmdline: str) -> None:
    plant(
        root,
        pid,
        comm="python3\n",
        stat=f"{pid} (python3) {state} {parent} {'0 ' * 15}1 0 {pid} 0 25 0",
        cmdline="\0".join(cmdline) + "\0",
    )


def test_an_apps_own_process_pool_does_not_turn_uvicorn_into_a_master(tmp_path: Path) -> None:
    grow(tmp_path, 10, 1, "S", PYTHON, "-m", "uvicorn", "main:app")
    grow(tmp_path, 11, 10, "S", PYTHON, "-c", SPAWN, "--multiprocessing-fork")
    (tmp_path / "10" / "environ").write_text("HOME=/root\0")

    assert trees(tmp_path) == [(ServerKind.UVICORN, None, (10,))]


def test_workers_asked_for_by_the_environment_are_workers(tmp_path: Path) -> None:
    grow(tmp_path, 10, 1, "S", PYTHON, "-m", "uvicorn", "main:app")
    grow(tmp_path, 11, 10, "S", PYTHON, "-c", SPAWN, "--multiprocessing-fork")
    (tmp_path / "10" / "environ").write_text("WEB_CONCURRENCY=2\0")

    assert trees(tmp_path) == [(ServerKind.UVICORN, 10, (11,))]


def test_a_dead_worker_and_a_workers_own_child_are_no_workers(tmp_path: Path) -> None:
    command = (PYTHON, "/bin/gunicorn", "main:app")
    for pid, parent, state in ((10, 1, "S"), (11, 10, "S"), (12, 10, "Z"), (13, 11, "S")):
        grow(tmp_path, pid, parent, state, *command)

    assert trees(tmp_path) == [(ServerKind.GUNICORN, 10, (11,))]


@pytest.mark.parametrize(
    ("arguments", "master"), [(("-w", "0"), None), ((), 10), (("-w", "1"), 10), (("--workers=0",), None)]
)
def test_hypercorn_serves_by_itself_only_when_told_to(
    tmp_path: Path, arguments: tuple[str, ...], master: int | None
) -> None:
    grow(tmp_path, 10, 1, "S", PYTHON, "/bin/hypercorn", "main:app", *arguments)

    assert trees(tmp_path) == [(ServerKind.HYPERCORN, master, () if master else (10,))]


def test_a_python_program_that_only_waits_is_not_asked_for_more_than_its_command_line(
    tmp_path: Path,
) -> None:
    plant(tmp_path, 10, comm="python3\n", cmdline=f"{PYTHON}\0-c\0pass\0")  # no stat: reading it would show

    assert trees(tmp_path) == []


def test_a_master_that_lost_all_workers_is_still_a_server(tmp_path: Path) -> None:
    grow(tmp_path, 10, 1, "S", PYTHON, "/bin/uvicorn", "main:app", "--workers", "4")

    assert trees(tmp_path) == [(ServerKind.UVICORN, 10, ())]


def trees(root: Path) -> list[tuple[ServerKind, int | None, tuple[int, ...]]]:
    servers = find_servers(Proc(root))
    assert isinstance(servers, tuple)
    return [(server.kind, server.master_pid, server.workers) for server in servers]
