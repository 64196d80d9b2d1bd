"""fastdiag.yaml is read strictly: what is wrong is told with its place and the nearest right word."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fastdiag.config.file import TEXTS, ConfigFile, read_config_file
from fastdiag.errors import ConfigError

EVERYTHING = """\
service: shop
prometheus: http://prom:9090
selector: 'job="shop"'
postgres: postgresql://fastdiag:hunter2@db/shop
pgbouncer: postgresql://stats@db:6432/pgbouncer
queue: [redis://broker/0, amqp://rabbit]
cache: redis://cache/1
app_url: http://shop:8000
metrics_url: http://shop:8000/metrics
window: 15m
before: 1d
deadline: 20s
rules: [ours]
parameters:
  slow: 300ms
  errors: 0.5%
"""


def read(folder: Path, text: str) -> ConfigFile:
    path = folder / "fastdiag.yaml"
    path.write_text(text, encoding="utf-8")
    return read_config_file(path)


def complaint(folder: Path, text: str) -> str:
    """Return what is said of a file, its folder cut off."""
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    return str(caught.value).replace(f"{folder}/", "")


def test_every_key(tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    file = read(tmp_path, EVERYTHING)
    assert tuple(file.texts) == TEXTS
    assert file.texts["selector"].text == 'job="shop"'
    assert [one.text for one in file.lists["queue"]] == ["redis://broker/0", "amqp://rabbit"]
    assert [one.text for one in file.lists["cache"]] == ["redis://cache/1"]
    assert file.rules == (tmp_path / "ours",)
    assert {name: one.text for name, one in file.parameters.items()} == {"slow": "300ms", "errors": "0.5%"}
    assert str(file.parameters["errors"].place) == f"{tmp_path}/fastdiag.yaml:16:11"


def test_prometheus_may_be_a_mapping(tmp_path: Path) -> None:
    text = "prometheus: {url: https://prom, token: geheim, headers: {X-Scope-OrgID: shop}, ca_file: ca.pem}\n"
    file = read(tmp_path, text)
    assert file.texts["prometheus"].text == "https://prom"
    server = file.servers["prometheus"]
    assert {name: one.text for name, one in server.access.items()} == {"token": "geheim", "ca_file": "ca.pem"}
    assert {name: one.text for name, one in server.headers.items()} == {"X-Scope-OrgID": "shop"}
    assert "geheim" not in repr(file)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("postgres: postgresql://shop:hunter2@db/shop", True),
        ("postgres: postgresql://shop:${PGPASSWORD}@db/shop", False),
        ("postgres: postgresql://shop@db/shop", False),
        ("postgres: host=db user=shop password=hunter2", True),
        ("queue: [redis://broker/0, redis://:hunter2@broker/1]", True),
        ("prometheus: {url: http://prom, token: hunter2}", True),
        ("prometheus: {url: http://prom, token: '${TOKEN}'}", False),
        ("prometheus: {url: http://prom, token_file: token}", False),
        ("prometheus: {url: http://prom, headers: {X-Api-Key: hunter2}}", True),
        ("prometheus: http://prom:9090", False),
    ],
)
def test_a_file_knows_whether_a_secret_stands_in_it(text: str, holds: bool, tmp_path: Path) -> None:
    assert read(tmp_path, text).holds_secrets is holds


def test_its_values_do_not_print(tmp_path: Path) -> None:
    assert "hunter2" not in repr(read(tmp_path, EVERYTHING.replace("rules: [ours]\n", "")))


@pytest.mark.parametrize("text", ["", "\n\n", "# service: shop\n  # parameters:\n"])
def test_a_template_in_which_nothing_is_filled_in_is_no_fault(text: str, tmp_path: Path) -> None:
    assert read(tmp_path, text) == ConfigFile(path=tmp_path / "fastdiag.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "service: shop\npostgress: x\n",
            "fastdiag.yaml:2:1: fastdiag.yaml has no key 'postgress'\n  hint: did you mean 'postgres'?",
        ),
        (
            "service: a\nwindow: 5m\nservice: b\n",
            "fastdiag.yaml:3:1: 'service' is already given in line 1; only one can hold",
        ),
        (
            "prometheus: {url: http://prom, tokn: x}\n",
            "fastdiag.yaml:1:32: 'prometheus' has no key 'tokn'\n  hint: did you mean 'token'?",
        ),
        ("prometheus: {token: x}\n", "fastdiag.yaml:1:13: 'prometheus' needs 'url'"),
        ("queue: {url: x}\n", "fastdiag.yaml:1:8: 'queue' must be a single value, and is a mapping"),
        (
            "deadline: 1:30\n",
            (
                "fastdiag.yaml:1:11: 'deadline' is 1:30 without quotes, which YAML reads as the number 90\n"
                '  hint: if the text is meant, write "1:30"'
            ),
        ),
        (
            "service: no\n",
            (
                "fastdiag.yaml:1:10: 'service' is no without quotes,"
                " which YAML reads as the truth value false\n"
                '  hint: if the text is meant, write "no"'
            ),
        ),
        ("service:\n", "fastdiag.yaml:1:9: 'service' is empty"),
        (
            "service: [shop]\n",
            "fastdiag.yaml:1:10: 'service' must be a single value, and is a list",
        ),
        ("rules: ours\n", "fastdiag.yaml:1:8: 'rules' must be a list, and is a text"),
        (
            "rules: [ours]\n",
            "fastdiag.yaml:1:9: there is no folder 'ours' beside this file",
        ),
        (
            "parameters: [slow]\n",
            "fastdiag.yaml:1:13: 'parameters' must be a mapping, and is a list",
        ),
        (
            "parameters:\n  slow: {p95: 1s}\n",
            "fastdiag.yaml:2:9: 'slow' must be a single value, and is a mapping",
        ),
        ("- service: shop\n", "fastdiag.yaml:1:1: fastdiag.yaml must be a mapping, and is a list"),
    ],
)
def test_a_fault_is_told_with_its_place(text: str, said: str, tmp_path: Path) -> None:
    assert complaint(tmp_path, text) == said


def test_the_place_where_yaml_ends_is_told(tmp_path: Path) -> None:
    said = complaint(tmp_path, "service: shop\n\tpostgres: x\n")
    assert said.startswith("fastdiag.yaml:2:1: this is not YAML: ")


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    said = complaint(tmp_path, "servise: shop\nrules: [ours]\nwindow: {}\n")
    assert said.startswith("3 faults in ")
    assert [line.split(" ")[2] for line in said.splitlines() if ".yaml:" in line and line[0] == " "] == [
        "fastdiag.yaml:1:1:",
        "fastdiag.yaml:2:9:",
        "fastdiag.yaml:3:9:",
    ]


def test_what_is_no_file_or_no_text(tmp_path: Path) -> None:
    (tmp_path / "latin1.yaml").write_bytes("service: bücher\n".encode("latin-1"))
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "huge.yaml").write_bytes(b"#" * 2_000_000)
    said = {}
    for name in ("latin1.yaml", "pipe.yaml", "folder.yaml", "huge.yaml", "nowhere.yaml", "\0.yaml"):
        with pytest.raises(ConfigError) as caught:
            read_config_file(tmp_path / name)
        said[name] = str(caught.value).replace(f"{tmp_path}/", "")
    assert said == {
        "latin1.yaml": "latin1.yaml:1:11: byte 0xfc is not UTF-8\n  hint: save the file as UTF-8",
        "pipe.yaml": "pipe.yaml: this is not a regular file",
        "folder.yaml": "folder.yaml: this is not a regular file",
        "huge.yaml": "huge.yaml: the file is larger than 1,000,000 bytes",
        "nowhere.yaml": "nowhere.yaml: the file cannot be read: No such file or directory",
        "\0.yaml": "\0.yaml: the file cannot be read: embedded null byte",
    }
