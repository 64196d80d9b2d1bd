"""A password goes in where it must, and comes out nowhere: not on stdout or stderr, not in a file."""

from __future__ import annotations

import base64
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.cli.command import Ran, fastdiag, written
from tests.cli.conftest import Here
from tests.stack.ports import LOOPBACK, free_port
from tests.stack.processes import running

PASSWORD = "Kr0k0dil-42"  # noqa: S105 - what must not turn up anywhere
SPELLINGS = (
    PASSWORD,
    *(base64.b64encode(text.encode()).decode().rstrip("=") for text in (f"shop:{PASSWORD}", f":{PASSWORD}")),
)
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
    "token": f"prometheus: {{url: 'http://prom', token: '{PASSWORD}', username: shop}}\n",
    "header": f"prometheus: {{url: 'http://prom', headers: {{'X Y': {PASSWORD}}}}}\n",
    "header value": f'prometheus: {{url: "http://prom", headers: {{X: "{PASSWORD}\\nY: z"}}}}\n',
    "queue": f"queue: [kafka://shop:{PASSWORD}@broker]\n",
    "cache": f"cache: [[redis://:{PASSWORD}@cache]]\n",
    "parameter": f"parameters: {{slow: 'postgresql://shop:{PASSWORD}@db/shop'}}\n",
    "rules": f"rules: ['postgresql://shop:{PASSWORD}@db/shop']\n",
}


@pytest.mark.parametrize("fault", BROKEN_FILES)
def test_a_file_that_is_wrong(fault: str, here: Here) -> None:
    written(here.folder, BROKEN_FILES[fault], "fastdiag.yaml")
    ran = here.run("snapshot")
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
    "snapshot --at DSN",
    "snapshot --queue DSN",
    "snapshot --cache DSN",
    "sources --cache DSN",
    "sources --only DSN",
    "init DSN",
    "init --app-url DSN",
    "init --output DSN",
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
        f"host={LOOPBACK} user=shop password={PASSWORD} frobnicate=1",
        f"host={LOOPBACK} user=shop password='{PASSWORD}",
    ],
)
def test_a_dsn_that_cannot_be_read_is_not_quoted(broken: str, here: Here) -> None:
    options = ("--only", "postgres", "--deadline", "1s", "-v", "--save", "saved.json")
    ran = here.run("snapshot", *options, "--postgres", broken)
    assert ran.code == 3
    assert "failed   postgres" in ran.out
    assert leaks(ran, here.folder) == []


@pytest.mark.parametrize("option", ["--postgres", "--pgbouncer"])
@pytest.mark.parametrize("text", [f"mysql://shop:{PASSWORD}@db/shop", f"shop:{PASSWORD}@db/shop", PASSWORD])
def test_what_is_no_dsn_at_all_is_refused_and_not_quoted(option: str, text: str, here: Here) -> None:
    ran = here.run("snapshot", option, text)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error: {option} must be a PostgreSQL DSN")
    assert leaks(ran, here.folder) == []


class Echoing(BaseHTTPRequestHandler):
    """A server that refuses everyone and repeats in its answer whatever it was sent, as proxies do."""

    def do_GET(self) -> None:
        body = f"<html>401 {self.path}\n{self.headers}</html>".encode()
        self.send_response(401, f"no {self.headers.get('Authorization', '')}")
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has in the base class
        del format, args


@pytest.fixture
def echo() -> Iterator[int]:
    server = ThreadingHTTPServer((LOOPBACK, 0), Echoing)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def everywhere(port: int) -> tuple[str, ...]:
    """Return options that hand the password to every source there is."""
    here = f"shop:{PASSWORD}@{LOOPBACK}:{port}"
    return (
        *("--prometheus", f"http://{LOOPBACK}:{port}/prom"),
        *("--metrics-url", f"http://{here}/metrics?api_key={PASSWORD}"),
        *("--app-url", f"http://{here}"),
        *("--postgres", f"host={LOOPBACK} port={port} user=shop password='{PASSWORD}' dbname=shop"),
        *("--pgbouncer", f"postgresql://{here}/pgbouncer"),
        *("--queue", f"redis://:{PASSWORD}@{LOOPBACK}:{port}/0"),
        *("--queue", f"amqp://{here}/shop"),
        *("--queue", f"http://{here}"),
        *("--cache", f"redis://{LOOPBACK}:{port}/0?password={PASSWORD}"),
    )


@pytest.mark.parametrize(
    ("command", "form"), [*(("snapshot", form) for form in FORMATS), ("sources", "terminal")]
)
def test_every_source_against_a_server_that_repeats_what_it_is_sent(
    command: str, form: str, echo: int, tmp_path: Path
) -> None:
    environ = {"PROMETHEUS_TOKEN": PASSWORD, "PROMETHEUS_HEADERS": f"X-Api-Key={PASSWORD},X-Scope-OrgID=shop"}
    skipped = ("--skip", "processes", "--skip", "host", "--skip", "workers")
    kept = ("--save", "saved.json") if command == "snapshot" else ()
    ran = fastdiag(
        command,
        *skipped,
        *everywhere(echo),
        *kept,
        "-v",
        "-f",
        form,
        "--deadline",
        "2s",
        cwd=tmp_path,
        environ=environ,
    )
    assert ran.code in {0, 3}, ran.err
    assert ran.out.count(f":{echo}") >= 5, "the sources were not asked"
    assert leaks(ran, tmp_path) == []


FULL_FILE = """\
prometheus:
  {{url: "http://{host}", username: shop, password: {password}, headers: {{X-Auth-Token: {password}}}}}
postgres: postgresql://shop:{password}@{host}/shop
pgbouncer: postgresql://shop:${{POOLER}}@{host}/pgbouncer
queue: ["redis://:{password}@{host}/0", "amqp://shop:${{POOLER}}@{host}"]
cache: "redis://:${{POOLER}}@{host}/1"
"""


def test_a_full_file_with_secrets_and_references(echo: int, tmp_path: Path) -> None:
    text = FULL_FILE.format(host=f"{LOOPBACK}:{echo}", password=PASSWORD)
    written(tmp_path, text, "fastdiag.yaml").chmod(0o644)
    skipped = ("--skip", "processes", "--skip", "host", "--skip", "workers")
    environ = {"POOLER": PASSWORD}
    ran = fastdiag("sources", *skipped, "-v", "--deadline", "2s", cwd=tmp_path, environ=environ)
    assert "note: fastdiag.yaml holds a secret that every user of this machine can read" in ran.err
    assert leaks(ran) == []


def test_the_command_line_and_the_environment_of_the_service(tmp_path: Path) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("reads Linux /proc")
    port = free_port()
    program = (
        "import socket, time\n"
        f"kept = socket.create_server(('{LOOPBACK}', {port}))\nprint('ready')\ntime.sleep(60)\n"
    )
    script_of = written(tmp_path, program, "uvicorn")
    command = [
        sys.executable,
        str(script_of),
        "shop:app",
        "--port",
        str(port),
        "--ssl-keyfile-password",
        PASSWORD,
    ]
    environ = {
        "DATABASE_URL": dsn(1),
        "REDIS_URL": f"redis://:{PASSWORD}@{LOOPBACK}:1/0",
        "CELERY_BROKER_URL": f"redis://:{PASSWORD}@{LOOPBACK}:1/1",
    }
    (tmp_path / "run").mkdir()
    with running(command, name="uvicorn", log=tmp_path / "log", environment=environ) as started:
        started.wait_ready(lambda: "ready" in started.log.read_text(encoding="utf-8"))
        asked = ("--pid", str(started.pid), "--skip", "prometheus", "--deadline", "2s", "-v")
        ran = [
            fastdiag("snapshot", *asked, "-f", "json", "--save", "saved.json", cwd=tmp_path / "run"),
            fastdiag("sources", *asked, cwd=tmp_path / "run"),
            fastdiag("init", "--pid", str(started.pid), cwd=tmp_path / "run"),
        ]
    assert f"DATABASE_URL of pid {started.pid}" in ran[1].out
    assert "${PGPASSWORD}" in (tmp_path / "run" / "fastdiag.yaml").read_text()
    assert [leaks(one) for one in ran] == [[], [], []]
    assert PASSWORD not in (tmp_path / "run" / "fastdiag.yaml").read_text()
    assert PASSWORD not in (tmp_path / "run" / "saved.json").read_text()
