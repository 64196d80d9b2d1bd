"""Settings in force, with their origin: of real servers, and of planted command lines and files."""

from pathlib import Path

import granian.cli
import hypercorn.config
import pytest

from fastdiag.host.gunicorn_config import COMPUTED, NO_CONFIG_FILE, read_gunicorn_config
from fastdiag.host.option_tables import OPTIONS
from fastdiag.host.proc import Proc
from fastdiag.host.programs import ServerKind
from fastdiag.host.servers import server_of
from fastdiag.host.settings import Origin, Setting, settings_of
from fastdiag.host.unreadable import Reason, Unreadable
from tests.host.conftest import Started
from tests.host.test_servers import PYTHON, found, grow


def test_gunicorn_settings_come_from_the_best_of_four_places(proc: Proc, gunicorn_pair: Started) -> None:
    settings = settings_of(proc, found(proc, gunicorn_pair))

    assert settings["workers"] == Setting(value=2, origin=Origin.COMMAND_LINE)
    assert settings["worker_class"] == Setting(
        value="uvicorn_worker.UvicornWorker", origin=Origin.COMMAND_LINE
    )
    assert settings["timeout"] == Setting(value=25, origin=Origin.ENVIRONMENT)
    assert settings["backlog"] == Setting(value=77, origin=Origin.CONFIG_FILE)
    assert settings["max_requests"] == Setting(value=5000, origin=Origin.CONFIG_FILE)
    assert settings["keepalive"] == Setting(value=2, origin=Origin.DEFAULT)


def test_what_a_config_file_computes_is_unknown_and_not_the_default(
    proc: Proc, gunicorn_pair: Started
) -> None:
    settings = settings_of(proc, found(proc, gunicorn_pair))

    assert settings["threads"] == COMPUTED
    assert settings["max_requests_jitter"] == COMPUTED


def test_uvicorn_settings_come_from_options_variables_and_defaults(
    proc: Proc, uvicorn_alone: Started, uvicorn_pair: Started
) -> None:
    alone, pair = (settings_of(proc, found(proc, server)) for server in (uvicorn_alone, uvicorn_pair))

    assert alone["keepalive"] == Setting(value=65, origin=Origin.ENVIRONMENT)
    assert alone["limit_concurrency"] == Setting(value=None, origin=Origin.DEFAULT)
    assert pair["workers"] == Setting(value=2, origin=Origin.COMMAND_LINE)


def test_hypercorns_settings_come_from_options_its_file_and_defaults(
    proc: Proc, hypercorn_pair: Started
) -> None:
    settings = settings_of(proc, found(proc, hypercorn_pair))

    assert settings["workers"] == Setting(value=2, origin=Origin.COMMAND_LINE)
    assert settings["keepalive"] == Setting(value=65, origin=Origin.CONFIG_FILE)
    assert settings["backlog"] == Setting(value=300, origin=Origin.CONFIG_FILE)
    assert settings["graceful_timeout"] == Setting(value=3, origin=Origin.DEFAULT)
    assert settings["max_requests"] == Setting(value=None, origin=Origin.DEFAULT)


def test_granians_settings_come_from_options_and_variables_and_its_backpressure_is_computed(
    proc: Proc, granian_pair: Started
) -> None:
    settings = settings_of(proc, found(proc, granian_pair))

    assert settings["workers"] == Setting(value=2, origin=Origin.ENVIRONMENT)
    assert settings["workers_lifetime"] == Setting(value=5400, origin=Origin.ENVIRONMENT)
    assert settings["backlog"] == Setting(value=1024, origin=Origin.DEFAULT)
    assert settings["backpressure"] == Setting(value=512, origin=Origin.DEFAULT)


def test_the_defaults_are_those_of_the_servers_that_are_installed() -> None:
    hypercorn, granian = hypercorn_defaults(), granian_defaults()

    assert {name: hypercorn[name] for name in hypercorn} == {
        option.config_name: option.default for option in OPTIONS[ServerKind.HYPERCORN]
    }
    assert granian == {
        option.flags[0]: option.default for option in OPTIONS[ServerKind.GRANIAN] if option.default
    }


def hypercorn_defaults() -> dict[str, object]:
    names = [option.config_name for option in OPTIONS[ServerKind.HYPERCORN] if option.config_name]
    return {name: getattr(hypercorn.config.Config, name) for name in names}


def granian_defaults() -> dict[str, object]:
    flags = {option.flags[0] for option in OPTIONS[ServerKind.GRANIAN] if option.default}
    told = {parameter.opts[0]: parameter.default for parameter in granian.cli.cli.params}
    return {flag: told[flag] for flag in flags}


def planted(root: Path, environ: str | None, *arguments: str) -> dict[str, Setting | Unreadable]:
    grow(root, 10, 1, "S", PYTHON, *arguments)
    if environ is not None:
        (root / "10" / "environ").write_text(environ)
    server = server_of(Proc(root), 10)
    assert not isinstance(server, Unreadable)
    return dict(settings_of(Proc(root), server))


def test_an_unreadable_environment_leaves_unknown_what_it_could_have_set(tmp_path: Path) -> None:
    settings = planted(tmp_path, None, "-m", "uvicorn", "main:app", "--backlog", "9")

    assert settings["backlog"] == Setting(value=9, origin=Origin.COMMAND_LINE)
    assert isinstance(settings["workers"], Unreadable)


def test_variables_that_fastapi_run_does_not_read_change_nothing(tmp_path: Path) -> None:
    environ = "UVICORN_BACKLOG=5\0UVICORN_WORKERS=7\0WEB_CONCURRENCY=1\0"
    settings = planted(tmp_path, environ, "/bin/fastapi", "run", "main.py")

    assert settings["backlog"] == Setting(value=2048, origin=Origin.DEFAULT)
    assert settings["workers"] == Setting(value=1, origin=Origin.ENVIRONMENT)


def test_a_config_file_that_was_named_but_is_not_found_is_not_taken_for_none(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    settings = planted(tmp_path, "", "/bin/gunicorn", "-c", "elsewhere.py", "main:app")

    assert settings["timeout"] == NO_CONFIG_FILE


def test_a_config_module_is_unknown_since_it_would_have_to_be_run(tmp_path: Path) -> None:
    settings = planted(tmp_path, "", "/bin/gunicorn", "-c", "python:shop.conf", "-t", "5", "main:app")

    assert settings["timeout"] == Setting(value=5, origin=Origin.COMMAND_LINE)
    assert isinstance(settings["workers"], Unreadable)


@pytest.mark.parametrize(
    ("text", "arguments", "keepalive"),
    [
        ("keep_alive_timeout = 9\n", ("-c", "toml:conf"), 9),
        ("keep_alive_timeout = 9\n", ("-c", "file:conf"), 9),
        ("import os\nkeep_alive_timeout = int(os.environ['X'])\n", ("-c", "file:conf"), COMPUTED),
        ("keep_alive_timeout = [9]\n", ("-c", "conf"), COMPUTED),
        ("not toml", ("-c", "conf"), Reason.FAILED),
        ("", ("-c", "python:shop.conf"), Reason.ABSENT),
        ("", ("-c", "elsewhere"), Reason.ABSENT),
    ],
)
def test_hypercorn_config_files_are_read_and_not_run(
    tmp_path: Path, text: str, arguments: tuple[str, ...], keepalive: object
) -> None:
    planted(tmp_path, "", "/bin/hypercorn", "main:app", *arguments)
    (tmp_path / "10" / "cwd").mkdir()
    (tmp_path / "10" / "cwd" / "conf").write_text(text)
    server = server_of(Proc(tmp_path), 10)
    assert not isinstance(server, Unreadable)
    setting = settings_of(Proc(tmp_path), server)["keepalive"]

    told = setting.value if isinstance(setting, Setting) else setting
    assert keepalive in (told, getattr(setting, "reason", None))


@pytest.mark.parametrize(
    ("backlog", "workers", "backpressure"), [("100", "3", 33), ("2", "4", 1), ("many", "2", None)]
)
def test_granians_backpressure_is_each_workers_share_of_the_backlog(
    tmp_path: Path, backlog: str, workers: str, backpressure: int | None
) -> None:
    options = ("--backlog", backlog, "--workers", workers)
    setting = planted(tmp_path, "", "/bin/granian", "main:app", *options)["backpressure"]

    assert (setting.value if isinstance(setting, Setting) else None) == backpressure


def test_a_process_title_hides_every_setting(tmp_path: Path) -> None:
    grow(tmp_path, 10, 1, "S", "gunicorn: master [main:app]")
    server = server_of(Proc(tmp_path), 10)
    assert not isinstance(server, Unreadable)

    assert all(isinstance(setting, Unreadable) for setting in settings_of(Proc(tmp_path), server).values())


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("workers = 4", "workers", 4),
        ("workers: int = 4", "workers", 4),
        ("workers = threads = 4", "threads", 4),
        ("workers = 4\nworkers = 6", "workers", 6),
        ("workers = 4\nworkers += 1", "workers", COMPUTED),
        ("workers = 2 * cpus() + 1", "workers", COMPUTED),
        ("if x:\n    workers = 4", "workers", COMPUTED),
        ("from base import workers", "workers", COMPUTED),
        ("worker_class = 'sync'", "worker_class", "sync"),
    ],
)
def test_config_files_are_read_and_not_run(tmp_path: Path, text: str, name: str, value: object) -> None:
    (tmp_path / "gunicorn.conf.py").write_text(f"{text}\n")
    config = read_gunicorn_config(tmp_path / "gunicorn.conf.py")

    assert not isinstance(config, Unreadable)
    assert config[name] == value


def test_a_function_in_a_config_file_sets_nothing(tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text("def when_ready(server):\n    workers = 4\n    raise SystemExit\n")

    assert read_gunicorn_config(tmp_path / "conf.py") == {}


def test_a_config_file_that_is_not_python_is_failed(tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_bytes(b"workers = = 4\0")
    config = read_gunicorn_config(tmp_path / "conf.py")

    assert isinstance(config, Unreadable)
    assert config.reason is Reason.FAILED
