"""Who we are to Prometheus: sent to the server it is meant for, to no other, and printed nowhere."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

import pytest

from fastdiag.config import Settings, load_settings
from fastdiag.config.settings import Flags
from fastdiag.errors import ConfigError

URL = "https://prom.example"
BASIC = f"Basic {base64.b64encode(b'ops:hunter2').decode()}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings(environ: Mapping[str, str] | None = None, prometheus: str | None = None) -> Settings:
    return load_settings(Flags(prometheus=prometheus), environ=environ or {})


def sent(what: Settings) -> dict[str, str]:
    """Return the headers that a request carries."""
    return {name: value.reveal() for name, value in what.prometheus_access.headers}


def masked(what: Settings) -> set[str]:
    return {secret.reveal() for secret in what.secrets}


def in_file(folder: Path, text: str) -> None:
    (folder / "fastdiag.yaml").write_text(f"prometheus:\n  url: {URL}\n{text}", encoding="utf-8")


@pytest.mark.usefixtures("folder")
def test_a_token_of_the_environment() -> None:
    found = settings({"PROMETHEUS_URL": URL, "PROMETHEUS_TOKEN": "geheim\n"})
    assert sent(found) == {"Authorization": "Bearer geheim"}
    assert masked(found) == {"Bearer geheim", "geheim"}
    assert found.origin["prometheus_access"] == "PROMETHEUS_TOKEN"
    assert "geheim" not in repr(found)


@pytest.mark.usefixtures("folder")
def test_a_user_and_a_password_of_the_environment() -> None:
    environ = {"PROMETHEUS_URL": URL, "PROMETHEUS_USERNAME": "ops", "PROMETHEUS_PASSWORD": "hunter2"}
    found = settings(environ)
    assert sent(found) == {"Authorization": BASIC}
    assert masked(found) == {"hunter2", BASIC, BASIC.removeprefix("Basic ")}


@pytest.mark.usefixtures("folder")
def test_headers_of_the_environment_and_which_of_them_are_secret() -> None:
    found = settings({"PROMETHEUS_HEADERS": "X-Scope-OrgID=shop, X-Api-Key=geheim=="}, URL)
    assert sent(found) == {"X-Scope-OrgID": "shop", "X-Api-Key": "geheim=="}
    assert masked(found) == {"geheim=="}, "a tenant is called like the service: it must stay readable"


def test_a_file_holds_everything(folder: Path) -> None:
    (folder / "token").write_text("geheim\n", encoding="ascii")
    (folder / "ca.pem").write_text("a certificate", encoding="ascii")
    in_file(folder, "  token_file: token\n  ca_file: ca.pem\n  headers: {X-Scope-OrgID: '1'}\n")
    found = settings({"PROMETHEUS_TOKEN": "of another server", "PROMETHEUS_URL": "http://elsewhere"})
    assert sent(found) == {"Authorization": "Bearer geheim", "X-Scope-OrgID": "1"}
    assert found.prometheus_access.ca_file == Path("ca.pem")
    assert found.origin["prometheus_access"] == "fastdiag.yaml"


def test_the_file_may_name_the_variable_that_holds_the_token(folder: Path) -> None:
    in_file(folder, "  token: ${PROM_TOKEN}\n")
    assert sent(settings({"PROM_TOKEN": "geheim"})) == {"Authorization": "Bearer geheim"}


@pytest.mark.parametrize("url", ["https://prom.example:443/mimir", "https://PROM.example/other"])
def test_credentials_go_to_their_own_server_whatever_the_path(url: str, folder: Path) -> None:
    in_file(folder, "  token: geheim\n")
    assert sent(settings(prometheus=url)) == {"Authorization": "Bearer geheim"}


@pytest.mark.parametrize("url", ["https://other.example", "http://prom.example", "https://prom.example:9090"])
def test_credentials_of_a_file_go_to_no_other_server(url: str, folder: Path) -> None:
    in_file(folder, "  token: ${NOT_EVEN_SET_HERE}\n")
    found = settings(prometheus=url)
    assert sent(found) == {}
    assert found.notes[-1].startswith("the credentials of fastdiag.yaml belong to another server")


@pytest.mark.usefixtures("folder")
def test_credentials_of_the_environment_go_to_no_other_server() -> None:
    environ = {"PROMETHEUS_URL": URL, "PROMETHEUS_TOKEN": "geheim"}
    found = settings(environ, "http://other:9090")
    assert (sent(found), masked(found)) == ({}, set())
    assert found.notes == (
        "the credentials of PROMETHEUS_TOKEN belong to another server and are not sent to other:9090",
    )
    assert sent(settings({"PROMETHEUS_TOKEN": "geheim"}, "http://other:9090")) == {
        "Authorization": "Bearer geheim"
    }


@pytest.mark.usefixtures("folder")
def test_a_server_that_discovery_may_find_gets_none() -> None:
    found = settings({"PROMETHEUS_TOKEN": "geheim"})
    assert (found.prometheus, sent(found)) == (None, {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  token: a\n  token_file: b\n", "fastdiag.yaml:3:10: token stands beside token_file"),
        ("  token: a\n  username: b\n", "fastdiag.yaml:3:10: token stands beside username"),
        ("  password: hunter2\n", "fastdiag.yaml:3:13: password stands without a user name"),
        ("  username: 'a:b'\n  password: hunter2\n", "fastdiag.yaml:3:13: username holds a colon"),
        ("  token: a\n  headers: {authorization: b}\n", "authorization sets Authorization beside a token"),
        ("  headers: {'X Y': hunter2}\n", "fastdiag.yaml has a header whose name is none"),
        (
            '  token: "hunter2\\nX: y"\n',
            "fastdiag.yaml:3:10: token holds characters that no header can carry",
        ),
        (
            "  token_file: nowhere\n",
            "fastdiag.yaml:3:15: token_file cannot be read from nowhere: No such file",
        ),
        ("  token_file: .\n", "token_file cannot be read from .: Is a directory"),
        ("  ca_file: nowhere\n", "fastdiag.yaml:3:12: ca_file cannot be read from nowhere: No such file"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_place_and_without_the_secret(
    text: str, said: str, folder: Path
) -> None:
    in_file(folder, text)
    with pytest.raises(ConfigError) as caught:
        settings()
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"\xff\xfe", "it holds no token"),
        (b"two words\nand lines", "no header can carry"),
    ],
)
def test_a_token_file_that_holds_none(content: bytes, said: str, folder: Path) -> None:
    (folder / "token").write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        settings({"PROMETHEUS_URL": URL, "PROMETHEUS_TOKEN_FILE": "token"})


@pytest.mark.usefixtures("folder")
def test_a_user_in_the_url_and_a_token_are_one_too_many() -> None:
    with pytest.raises(ConfigError, match="PROMETHEUS_TOKEN stands beside a user in the URL"):
        settings({"PROMETHEUS_TOKEN": "geheim"}, "https://ops:hunter2@prom.example")
