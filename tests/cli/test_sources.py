"""`fastdiag sources` asks the real sources and says what to do; `fastdiag init` keeps what was found."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fastdiag.config import load_settings
from fastdiag.config.settings import Flags
from fastdiag.model.target import Secret
from tests.cli.command import fastdiag, written
from tests.cli.conftest import Here
from tests.cli.test_replay import service
from tests.stack.ports import LOOPBACK, free_port

ESCAPE = "\x1b"


@pytest.fixture
def url() -> Iterator[str]:
    with service() as url:
        yield url


def test_a_source_that_works_and_one_that_does_not(url: str, here: Here) -> None:
    nobody = f"redis://{LOOPBACK}:{free_port()}"
    options = ("--only", "probe", "--only", "cache", "--only", "postgres", "--deadline", "2s")
    ours = ("--service", "shop", "--pid", str(os.getpid()))  # whose environment names no database
    ran = here.run("sources", *options, "--app-url", url, "--cache", nobody, *ours)
    assert ran.code == 0
    assert re.match(r"\d of 3 sources works?: \d+ of \d+ signals of shop are seen\n", ran.out)
    assert re.search(
        r"^ok       probe      +\d+ of \d+ signals  [\d.]+ s, \d+ requests$", ran.out, re.MULTILINE
    )
    assert f"{url} (--app-url)" in ran.out
    assert "skipped  postgres  no DSN is known" in ran.out
    assert "connection refused" in ran.out
    assert "\nTo see more\n" in ran.out
    assert "\n   --postgres postgresql://USER@HOST:5432/DATABASE\n" in ran.out
    assert ran.out.endswith(", and changed nothing\n")


def test_the_document_has_every_key_always(url: str, here: Here) -> None:
    options = ("--only", "probe", "--only", "postgres", "--deadline", "2s", "--app-url", url, "-f", "json")
    ran = here.run("sources", *options, "--pid", str(os.getpid()))  # whose environment names no database
    document = ran.document
    assert list(document) == [
        "schema",
        "fastdiag",
        "service",
        "config",
        "working",
        "seen",
        "signals",
        "sources",
        "notes",
    ]
    for source in document["sources"]:
        assert list(source) == [
            "name",
            "status",
            "target",
            "origin",
            "seconds",
            "requests",
            "error",
            "hint",
            "yields",
            "lacks",
            "steps",
        ]
    by_name = {source["name"]: source for source in document["sources"]}
    assert by_name["probe"]["yields"]
    (step,) = by_name["postgres"]["steps"]
    assert list(step) == ["do", "exact", "why", "signals"]
    assert "db.latency" in step["signals"]
    assert by_name["postgres"]["lacks"][0]["reason"] == "not configured"
    assert (document["schema"], document["working"], document["config"]) == (1, 1, None)


@pytest.mark.parametrize("form", ["terminal", "json", "markdown"])
def test_nothing_that_works_is_a_code_of_its_own_with_a_report(form: str, here: Here) -> None:
    nobody = f"http://{LOOPBACK}:{free_port()}"
    ran = here.run("sources", "--only", "prometheus", "--prometheus", nobody, "-f", form, "--deadline", "2s")
    assert ran.code == 3
    assert nobody in ran.out


def test_a_server_that_lets_nobody_in_is_no_source_that_works(here: Here) -> None:
    ran = here.run("sources", "--only", "cache", "--cache", f"redis://{LOOPBACK}:{free_port()}")
    assert ran.code == 3
    assert ran.out.startswith("0 of 1 source works: 1 of ")  # that it is down is seen, and nothing else


def test_verbose_names_every_signal(url: str, here: Here) -> None:
    options = ("sources", "--only", "probe", "--deadline", "2s", "--app-url", url)
    assert "probe.latency" not in here.run(*options).out
    assert re.search(r"yields  .*probe\.latency", here.run(*options, "-v").out)


def test_which_file_was_used_is_told_on_stderr_and_in_the_result(here: Here) -> None:
    written(here.folder, "service: shop\n", "fastdiag.yaml")
    ran = here.run("sources", "--only", "postgres")
    assert ran.code in {0, 3}, "a PostgreSQL may run here"
    assert ran.err.startswith("note: settings from fastdiag.yaml\n")
    assert ran.out.splitlines()[1] == "settings from fastdiag.yaml"
    assert here.run("sources", "--only", "postgres", "-f", "json").document["config"] == "fastdiag.yaml"


@pytest.mark.parametrize("width", ["60", "80", "120"])
def test_a_screen_is_not_overrun(width: str, here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", width)
    ran = here.run("sources", "--deadline", "1s", "-v")
    commands = ("   --", "   sudo", "   GRANT", "   ALTER", "   CREATE")
    lines = [line for line in ran.out.splitlines() if not line.startswith(commands)]
    assert max(map(len, lines)) <= int(width)


def test_foreign_text_is_inert_in_every_format(here: Here) -> None:
    with closing(socket.create_server((LOOPBACK, 0))) as silent:
        url = f"http://{LOOPBACK}:{silent.getsockname()[1]}/%1b[31m[red]<b>`x`"
        for form in ("terminal", "json", "markdown"):
            options = ("--only", "prometheus", "--prometheus", url, "--deadline", "1s", "-f", form)
            ran = here.run("sources", *options, "--service", f"{ESCAPE}[2J[bold]shop")
            assert ran.code == 3
            assert ESCAPE not in ran.out + ran.err


ENVIRON = {
    "DATABASE_URL": "postgresql+asyncpg://shop:Kr0k0dil@db.internal/shop",
    "CELERY_BROKER_URL": "redis://:K4rn1ckel@broker.internal/0",
    "PROMETHEUS_URL": "https://prom.internal",
    "PROMETHEUS_TOKEN": "eul3n-sp13gel",
}
ASKED = {
    "PGPASSWORD": "Kr0k0dil",
    "BROKER_PASSWORD": "K4rn1ckel",
    "PROMETHEUS_TOKEN": "eul3n-sp13gel",
}


def test_init_writes_what_was_found_without_its_secrets_and_says_what_is_next(tmp_path: Path) -> None:
    ran = fastdiag("init", "--service", "shop", cwd=tmp_path, environ=ENVIRON)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.endswith("fastdiag.yaml written; next: `fastdiag sources` tests it\n")
    text = (tmp_path / "fastdiag.yaml").read_text(encoding="utf-8")
    assert not [secret for secret in ASKED.values() if secret in text + ran.err]
    found = load_settings(Flags(config=tmp_path / "fastdiag.yaml"), environ=ASKED)
    assert found.postgres == Secret(ENVIRON["DATABASE_URL"])
    assert found.queues == (Secret(ENVIRON["CELERY_BROKER_URL"]),)
    assert [value.reveal() for _, value in found.prometheus_access.headers] == ["Bearer eul3n-sp13gel"]
    assert found.service == "shop"


def test_init_replaces_nothing_unless_it_is_told_to(here: Here) -> None:
    file = written(here.folder, "service: by hand\n", "fastdiag.yaml")
    refused = here.run("init")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("error: fastdiag.yaml exists already\n  hint: --force replaces it")
    assert file.read_text() == "service: by hand\n"
    file.chmod(0o600)
    assert here.run("init", "--force", "--service", "shop").code == 0
    assert "\nservice: shop\n" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in here.folder.iterdir()] == ["fastdiag.yaml"]


def test_init_shows_what_it_would_write(here: Here) -> None:
    ran = here.run("init", "-o", "-", "--app-url", "http://127.0.0.1:9")
    assert ran.code == 0
    assert "\napp_url: http://127.0.0.1:9\n" in ran.out
    assert list(here.folder.iterdir()) == []


def test_a_new_file_has_the_permissions_of_any_new_file(here: Here) -> None:
    mask = os.umask(0o027)
    try:
        assert here.run("init", "-o", "other.yaml").code == 0
    finally:
        os.umask(mask)
    assert (here.folder / "other.yaml").stat().st_mode & 0o777 == 0o640


def test_what_init_writes_is_what_sources_reads(here: Here) -> None:
    with service() as url:
        assert here.run("init", "--app-url", url).code == 0
        ran = here.run("sources", "--only", "probe", "--deadline", "2s", "-f", "json")
    assert ran.code == 0
    (probe,) = ran.document["sources"]
    assert (probe["origin"], ran.document["config"]) == ("fastdiag.yaml", "fastdiag.yaml")
    assert json.loads(ran.out) == ran.document
