"""A password goes in where it must, and comes out nowhere: not on stdout or stderr, not in a file."""

from __future__ import annotations

import base64
import re
import socket
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.command import Ran, fastdiag, written
from tests.cli.conftest import Here
from tests.stack.ports import LOOPBACK, free_port

PASSWORD = "Kr0k0dil-42"  # noqa: S105 - what must not turn up anywhere
SPELLINGS = (PASSWORD, base64.b64encode(f"shop:{PASSWORD}".encode()).decode())
FORMATS = ("terminal", "json", "markdown")


def dsn(port: int, scheme: str = "postgresql") -> str:
    return f"{scheme}://shop:{PASSWORD}@{LOOPBACK}:{port}/shop"


def leaks(ran: Ran, *folders: Path) -> list[str]:
    """Return where the password stands in what was printed and in the files below the folders."""
    texts = {"stdout": ran.out, "stderr": ran.err}
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    texts |= {path.name: path.read_text() for path in files if path.name != "fastdiag.yaml"}
    return [place for place, text in texts.items() if any(secret in text for secret in SPELLINGS)]


@pytest.fixture
def closed() -> int:
    return free_port()


@pytest.mark.parametrize("form", FORMATS)
def test_sources_that_refuse(form: str, closed: int, tmp_path: Path) -> None:
    prometheus = f"http://shop:{PASSWORD}@{LOOPBACK}:{closed}/?token={PASSWORD}"
    sources = ("--only", "prometheus", "--only", "postgres", "--only", "scrape", "--only", "probe")
    given = ("--prometheus", prometheus, "--postgres", dsn(closed), "--app-url", prometheus)
    kept = ("--save", tmp_path / "saved.json", "-v", "-f", form, "--deadline", "2s")
    ran = fastdiag("snapshot", *sources, *given, *kept, cwd=tmp_path)
    assert ran.code in {0, 3}
    assert "postgres" in ran.out
    assert (tmp_path / "saved.json").exists()
    assert leaks(ran, tmp_path) == []


def test_sources_that_answer_with_something_else(tmp_path: Path) -> None:
    with closing(
        socket.create_server((LOOPBACK, 0))
    ) as silent:  # neither HTTP nor PostgreSQL: it never answers
        port = silent.getsockname()[1]
        prometheus = f"http://shop:{PASSWORD}@{LOOPBACK}:{port}"
        given = (
            "--prometheus",
            prometheus,
            "--postgres",
            dsn(port),
            "--metrics-url",
            f"{prometheus}/metrics",
        )
        sources = ("--only", "prometheus", "--only", "postgres", "--only", "scrape")
        ran = fastdiag("snapshot", *sources, *given, "--deadline", "1s", "-v", cwd=tmp_path)
    assert ran.code == 3
    assert leaks(ran) == []


@pytest.mark.parametrize(
    "variables",
    [
        {"DATABASE_URL": "DSN"},
        {"DATABASE_URL": "postgresql+asyncpg://DSN"},
        {"PGHOST": LOOPBACK, "PGPORT": "PORT", "PGPASSWORD": PASSWORD, "PGUSER": "shop"},
        {"PROMETHEUS_URL": f"http://shop:{PASSWORD}@{LOOPBACK}:PORT"},
    ],
    ids=["DATABASE_URL", "DATABASE_URL with driver", "PG*", "PROMETHEUS_URL"],
)
def test_the_environment(variables: dict[str, str], closed: int, tmp_path: Path) -> None:
    schemes = {"DSN": dsn(closed), "postgresql+asyncpg://DSN": dsn(closed, "postgresql+asyncpg")}
    environ = {
        name: schemes.get(value, value).replace("PORT", str(closed)) for name, value in variables.items()
    }
    sources = ("--only", "prometheus", "--only", "postgres")
    ran = fastdiag("snapshot", *sources, "--deadline", "1s", "-v", cwd=tmp_path, environ=environ)
    assert "failed" in ran.out, "the variable was not used"
    assert leaks(ran) == []


def test_the_file(closed: int, tmp_path: Path) -> None:
    written(
        tmp_path,
        f"postgres: {dsn(closed)}\nprometheus: http://:{PASSWORD}@{LOOPBACK}:{closed}\n",
        "fastdiag.yaml",
    )
    sources = ("--only", "prometheus", "--only", "postgres")
    ran = fastdiag("snapshot", *sources, "--deadline", "1s", "-v", "--save", "x.json", cwd=tmp_path)
    assert f"{LOOPBACK}:{closed}" in ran.out
    assert "(fastdiag.yaml)" in ran.out
    assert leaks(ran, tmp_path) == []


BROKEN_FILES = {
    "list": f"postgres: [postgresql://shop:{PASSWORD}@db/shop]\n",
    "mapping": f"postgres: {{url: postgresql://shop:{PASSWORD}@db/shop}}\n",
    "unknown key": f"postgress: postgresql://shop:{PASSWORD}@db/shop\n",
    "no mapping": f"postgresql://shop:{PASSWORD}@db/shop\n",
    "open quote": f'postgres: "postgresql://shop:{PASSWORD}@db/shop\n',
    "tab": f"\tpostgres: postgresql://shop:{PASSWORD}@db/shop\n",
    "key in a key": f"postgres: postgresql://shop:{PASSWORD}@db/shop\n  port: 3\n",
    "not a URL": f"prometheus: shop:{PASSWORD}@prom\n",
    "other scheme": f"app_url: ftp://shop:{PASSWORD}@shop/\n",
    "a bad port": f"metrics_url: http://shop:{PASSWORD}@shop:http/\n",
    "no number": f"deadline: postgresql://shop:{PASSWORD}@db/shop\n",
    "parameter": f"parameters: {{slow: 'postgresql://shop:{PASSWORD}@db/shop'}}\n",
    "rules": f"rules: ['postgresql://shop:{PASSWORD}@db/shop']\n",
}


@pytest.mark.parametrize("fault", BROKEN_FILES)
def test_a_file_that_is_wrong(fault: str, here: Here) -> None:
    written(here.folder, BROKEN_FILES[fault], "fastdiag.yaml")
    ran = here.run("snapshot", "--only", "workers")
    assert (ran.code, ran.out) == (2, "")
    assert re.match(r"error: (\d faults in )?fastdiag.yaml", ran.err)
    assert leaks(ran) == []


MISUSES = (
    "diagnose DSN",
    "explain DSN",
    "demo DSN",
    "DSN",
    "snapshot DSN",
    "snapshot -c DSN",
    "snapshot --rules DSN",
    "snapshot --save DSN",
    "snapshot --output DSN",
    "snapshot --app-url DSN",
    "snapshot --prometheus DSN",
    "snapshot --only DSN",
    "snapshot --symptom DSN",
    "snapshot --pid DSN",
    "snapshot --deadline DSN",
    "snapshot --format DSN",
)


@pytest.mark.parametrize("line", MISUSES)
def test_a_dsn_where_it_does_not_belong(line: str, here: Here) -> None:
    ran = here.run(*(word.replace("DSN", dsn(5432)) for word in line.split()))
    assert ran.code == 2
    assert leaks(ran) == []


@pytest.mark.parametrize(
    "broken",
    [
        f"postgresql://shop:{PASSWORD}@[::1/shop",
        f"postgresql://shop:{PASSWORD}@db:port/shop",
        f"mysql://shop:{PASSWORD}@db/shop",
        f"shop:{PASSWORD}@db/shop",
        f"host={LOOPBACK} user=shop password={PASSWORD} frobnicate=1",
        f"host={LOOPBACK} user=shop password='{PASSWORD}",
        f"{PASSWORD}",
    ],
)
def test_a_dsn_that_cannot_be_read_is_not_quoted(broken: str, here: Here) -> None:
    options = ("--only", "postgres", "--deadline", "1s", "-v", "--save", "saved.json")
    ran = here.run("snapshot", *options, "--postgres", broken)
    assert ran.code == 3
    assert "failed   postgres" in ran.out
    assert leaks(ran, here.folder) == []
