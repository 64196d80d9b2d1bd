"""Where logs are read: how that is written, what it is taken for, and what is told about what is wrong."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from fastdiag.config import Settings, load_settings
from fastdiag.config.settings import Flags
from fastdiag.errors import ConfigError
from fastdiag.model.log_place import LogFile, LogPlace, LogStdin, LogUnit, LokiQuery
from fastdiag.model.target import Secret

URL = "http://loki:3100"
QUERY = '{app="shop"}'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings(*log: str, environ: Mapping[str, str] | None = None, **flags: object) -> Settings:
    return load_settings(Flags(log=log, **flags), environ=environ or {})  # type: ignore[arg-type]


def wrong(*log: str, environ: Mapping[str, str] | None = None) -> ConfigError:
    with pytest.raises(ConfigError) as told:
        settings(*log, environ=environ)
    assert told.value.hint
    return told.value


def sent(what: Settings) -> dict[str, str]:
    return {name: value.reveal() for name, value in what.loki_access.headers}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("/var/log/app.log", LogFile(path=Path("/var/log/app.log"), name="/var/log/app.log")),
        ("./journal:x", LogFile(path=Path("journal:x"), name="journal:x")),
        ("journal:shop.service", LogUnit(unit="shop.service")),
        ("journal:shop@*", LogUnit(unit="shop@*")),
        ("user-journal:shop.service", LogUnit(unit="shop.service", is_user=True)),
    ],
)
def test_files_and_units(text: str, place: LogPlace) -> None:
    assert settings(text).logs == (place,)


def test_several_each_once() -> None:
    found = settings("a.log", "journal:shop", "a.log")
    assert [place.spec for place in found.logs] == ["a.log", "journal:shop"]
    assert found.origin["log"] == "--log"


@pytest.mark.parametrize(
    "text",
    [
        f"loki+{URL}?query={QUERY}",
        f"loki+{URL}/?query={QUERY}",
        "loki+http://loki:3100?query=%7Bapp%3D%22shop%22%7D",
    ],
)
def test_a_query_to_loki_with_its_server(text: str) -> None:
    found = settings(text)
    assert (found.loki, found.logs) == (Secret(URL), (LokiQuery(query=QUERY),))


def test_what_a_query_holds_is_left_as_it_is() -> None:
    query = '{app="shop"} |~ "a+b&c#d?query=100%25"'
    assert settings(f"loki+{URL}?query={query}").logs == (LokiQuery(query=query),)


def test_a_query_to_the_server_of_the_environment() -> None:
    found = settings(f"loki:{QUERY}", environ={"LOKI_ADDR": URL, "LOKI_ORG_ID": "shop"})
    assert (found.loki, found.logs) == (Secret(URL), (LokiQuery(query=QUERY),))
    assert sent(found) == {"X-Scope-OrgID": "shop"}
    assert Secret("shop") not in found.secrets


def test_credentials_go_to_the_server_that_they_are_meant_for_and_to_no_other() -> None:
    environ = {"LOKI_ADDR": URL, "LOKI_BEARER_TOKEN": "geheim"}
    assert sent(settings(f"loki:{QUERY}", environ=environ)) == {"Authorization": "Bearer geheim"}
    other = settings(f"loki+http://elsewhere:3100?query={QUERY}", environ=environ)
    assert sent(other) == {}
    assert any("elsewhere:3100" in note for note in other.notes)
    assert "geheim" not in repr(other)


def test_the_file_of_a_team(folder: Path) -> None:
    (folder / "fastdiag.yaml").write_text(
        f"loki: {{url: {URL}, token: '${{LOKI_TOKEN}}', headers: {{X-Scope-OrgID: shop}}}}\n"
        f"log: [logs/app.log, journal:shop, 'loki:{QUERY}']\n"
    )
    found = settings(environ={"LOKI_TOKEN": "geheim"})
    assert [place.spec for place in found.logs] == ["logs/app.log", "journal:shop", f"loki:{QUERY}"]
    assert found.loki == Secret(URL)
    assert sent(found) == {"Authorization": "Bearer geheim", "X-Scope-OrgID": "shop"}
    assert Secret("geheim") in found.secrets


def test_paths_of_a_file_begin_in_its_folder(folder: Path) -> None:
    (folder / "etc").mkdir()
    (folder / "etc/shop.yaml").write_text("log: app.log\n")
    (place,) = settings(config=Path("etc/shop.yaml")).logs
    assert place == LogFile(path=Path("etc/app.log"), name="etc/app.log")


@pytest.mark.parametrize(
    ("text", "told", "hint"),
    [
        ("http://loki:3100", "is no URL that can be read", "loki+http://"),
        ("ftp://host/app.log", "is no URL that can be read", "journal:UNIT"),
        ("journal:", "names no unit of systemd", "journal:shop.service"),
        ("journal:--file=/etc/shadow", "names no unit of systemd", "journal:shop.service"),
        (f"loki+{URL}", "does not say which streams", "single quotes"),
        (f"loki:{QUERY}", "does not say where Loki is", "LOKI_ADDR"),
        (f"loki+http://?query={QUERY}", "it names no host", "HOST:PORT"),
    ],
)
def test_what_is_no_place_to_read_from(text: str, told: str, hint: str) -> None:
    error = wrong(text)
    assert told in error.message
    assert hint in str(error.hint)


def test_two_servers() -> None:
    other = wrong(f"loki+{URL}?query={QUERY}", f"loki+http://other?query={QUERY}")
    assert "names another Loki server" in other.message


def test_a_password_in_the_url_is_not_quoted() -> None:
    error = wrong(f"loki+http://ops:hunter2@loki:port?query={QUERY}")
    assert "hunter2" not in str(error)


@pytest.fixture
def stdin() -> int:
    """Keep what stands at descriptor 0, so that a test may put something else there."""
    return os.dup(0)


def at_stdin(fd: int) -> None:
    os.dup2(fd, 0)
    os.close(fd)


def test_standard_input_that_is_a_terminal(stdin: int) -> None:
    ours, theirs = os.openpty()
    at_stdin(theirs)
    try:
        error = wrong("-")
    finally:
        at_stdin(stdin)
        os.close(ours)
    assert error.message == "--log is standard input, and that is a terminal"
    assert "kubectl logs POD | fastdiag snapshot --log -" in str(error.hint)


def test_standard_input_that_is_closed(stdin: int) -> None:
    os.close(0)
    try:
        assert "that is closed" in wrong("-").message
    finally:
        at_stdin(stdin)


def test_standard_input_that_is_a_pipe(stdin: int) -> None:
    reader, writer = os.pipe()
    at_stdin(reader)
    try:
        assert settings("-", "-").logs == (LogStdin(),)
    finally:
        at_stdin(stdin)
        os.close(writer)


def test_standard_input_is_not_for_a_file(folder: Path) -> None:
    (folder / "fastdiag.yaml").write_text("log: ['-']\n")
    assert "only the command line can mean" in wrong().message


def test_a_log_that_is_not_asked_for_is_not_looked_at() -> None:
    found = settings(f"loki:{QUERY}", skip=("logs",))
    assert (found.logs, found.loki) == ((), None)


def test_a_moment_of_the_past_can_be_asked_of_logs_alone() -> None:
    assert settings("journal:shop", at="2h ago", only=("logs",)).at is not None
