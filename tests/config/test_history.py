"""`history:` as people write it: a path, a DSN, off; how long and how much; and what makes no sense."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from fastdiag.config.file import read_config_file
from fastdiag.config.flags import Flags
from fastdiag.config.settings import load_history_settings, load_settings
from fastdiag.errors import ConfigError
from fastdiag.model.history_place import HistoryPlace, Keep
from fastdiag.model.target import Secret

DSN = "postgresql://fastdiag:hunter2@db/health"


def place(
    folder: Path, text: str, environ: Mapping[str, str] | None = None, typed: str | None = None
) -> HistoryPlace | None:
    path = folder / "fastdiag.yaml"
    path.write_text(text, encoding="utf-8")
    return load_settings(Flags(config=path, history=typed), environ or {}).history


@pytest.mark.parametrize("text", ["", "history: {}", "service: shop"])
def test_without_a_word_it_is_the_default_place(text: str, tmp_path: Path) -> None:
    assert place(tmp_path, text) == HistoryPlace(store=None, keep=Keep())


@pytest.mark.parametrize(
    "text", ["history: off", 'history: "off"', "history: false", "history: no", "history: {store: off}"]
)
def test_off_needs_no_quotes(text: str, tmp_path: Path) -> None:
    assert place(tmp_path, text) is None


def test_a_path_begins_beside_the_file(tmp_path: Path) -> None:
    assert place(tmp_path, "history: kept/history.sqlite") == HistoryPlace(
        store=tmp_path / "kept" / "history.sqlite"
    )
    assert place(tmp_path, "history: /var/lib/fastdiag/h.sqlite") == HistoryPlace(
        store=Path("/var/lib/fastdiag/h.sqlite")
    )


def test_home_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert place(tmp_path, "history: ~/history.sqlite") == HistoryPlace(
        store=Path("/home/ann/history.sqlite")
    )


@pytest.mark.parametrize(
    "dsn", [DSN, "host=db dbname=health password=hunter2", "postgresql+asyncpg://db/health"]
)
def test_a_dsn_is_a_secret(dsn: str, tmp_path: Path) -> None:
    found = place(tmp_path, f'history: "{dsn}"')
    assert found == HistoryPlace(store=Secret(dsn))
    assert "hunter2" not in repr(found)


def test_the_file_names_the_variable_that_holds_the_secret(tmp_path: Path) -> None:
    text = "history: {store: 'postgresql://fastdiag:${PGPASS}@db/health'}"
    assert place(tmp_path, text, {"PGPASS": "a/b"}) == HistoryPlace(
        store=Secret("postgresql://fastdiag:a%2Fb@db/health")
    )


def test_how_long_and_how_much(tmp_path: Path) -> None:
    found = place(tmp_path, "history: {store: h.sqlite, keep: 30d, size: 50MB}")
    assert found == HistoryPlace(
        store=tmp_path / "h.sqlite", keep=Keep(age_s=30 * 86400.0, size_bytes=50_000_000)
    )
    found = place(tmp_path, "history: {size: 1GiB}")
    assert found == HistoryPlace(keep=Keep(size_bytes=2**30))


def test_what_was_typed_wins_over_the_file_and_that_over_the_environment(tmp_path: Path) -> None:
    environ = {"FASTDIAG_HISTORY": "/e/history.sqlite"}
    assert place(tmp_path, "", environ) == HistoryPlace(store=Path("/e/history.sqlite"))
    assert place(tmp_path, "history: /f/history.sqlite", environ) == HistoryPlace(
        store=Path("/f/history.sqlite")
    )
    assert place(tmp_path, "history: /f/history.sqlite", environ, "off") is None
    kept = place(tmp_path, "history: {keep: 7d}", environ, "/t/history.sqlite")
    assert kept == HistoryPlace(store=Path("/t/history.sqlite"), keep=Keep(age_s=7 * 86400.0))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("history: {stor: h.sqlite}", "'history' has no key 'stor'"),
        ("history: [a, b]", "must be a single value"),
        ("history: {keep: 90}", "keep must be 60 min to"),
        ("history: {keep: 1s}", "keep must be 60 min to"),
        ("history: {size: '200'}", "size must be a size"),
        ("history: {size: 10kB}", "size must be "),
        ("history: {size: much}", "size makes no sense"),
        ("history: mysql://db/health", "must be a path, a PostgreSQL DSN or off"),
        ("history: ./", "is a folder"),
        ("history: ''", "'history' is empty"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_place(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        place(tmp_path, text)
    assert said in str(caught.value)
    assert "fastdiag.yaml:1:" in str(caught.value)


def test_a_secret_in_a_url_of_another_kind_is_not_quoted(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        place(tmp_path, "history: mysql://shop:hunter2@db/health")
    assert "hunter2" not in str(caught.value)


def test_a_variable_that_is_not_set_costs_the_history_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "fastdiag.yaml"
    path.write_text("service: shop\nhistory: ${HISTORY_DSN}\n", encoding="utf-8")
    settings = load_settings(Flags(config=path), {})
    assert (settings.service, settings.history) == ("shop", None)
    assert [note for note in settings.notes if "HISTORY_DSN is not set" in note]
    with pytest.raises(ConfigError, match="HISTORY_DSN is not set"):
        load_history_settings(Flags(config=path), {})


def test_a_file_with_the_password_of_a_history_holds_a_secret(tmp_path: Path) -> None:
    path = tmp_path / "fastdiag.yaml"
    path.write_text(f"history: {DSN}\n", encoding="utf-8")
    assert read_config_file(path).holds_secrets
    path.write_text("history: /var/lib/fastdiag/history.sqlite\n", encoding="utf-8")
    assert not read_config_file(path).holds_secrets


def test_the_dsn_is_masked_in_what_is_collected(tmp_path: Path) -> None:
    path = tmp_path / "fastdiag.yaml"
    path.write_text(f"history: {DSN}\n", encoding="utf-8")
    assert Secret(DSN) in load_settings(Flags(config=path), {}).secrets


def test_commands_about_the_history_need_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "fastdiag.yaml"
    path.write_text("service: shop\npostgres: ${NOT_SET}\nhistory: h.sqlite\n", encoding="utf-8")
    settings = load_history_settings(Flags(config=path), {})
    assert (settings.service, settings.history) == ("shop", HistoryPlace(store=tmp_path / "h.sqlite"))
