"""Which fastdiag.yaml is used, and that one is told so."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from fastdiag.config import Settings, load_settings
from fastdiag.config.settings import Flags


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder, beside a home."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def kept(path: Path, service: str = "shop") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"service: {service}\n", encoding="utf-8")
    return path


def load(environ: Mapping[str, str], config: Path | None = None) -> Settings:
    return load_settings(Flags(config=config), environ=environ)


def test_the_order_is_the_named_one_the_one_here_the_users_own(here: Path, tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    assert (load(home).service, load(home).notes) == (None, ())
    users = kept(tmp_path / ".config" / "fastdiag" / "fastdiag.yaml", "users")
    assert (load(home).service, load(home).config, load(home).notes) == (
        "users",
        users,
        (f"settings from {users}",),
    )
    kept(here / "fastdiag.yaml", "here")
    assert (load(home).service, load(home).notes) == ("here", ("settings from fastdiag.yaml",))
    named = kept(tmp_path / "named.yaml", "named")
    assert load(home, named).service == "named"


def test_the_place_of_the_users_own_follows_xdg(here: Path, tmp_path: Path) -> None:
    kept(tmp_path / ".config" / "fastdiag" / "fastdiag.yaml", "default")
    kept(tmp_path / "xdg" / "fastdiag" / "fastdiag.yaml", "xdg")
    environ = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "xdg")}
    assert load(environ).service == "xdg"
    assert load({**environ, "XDG_CONFIG_HOME": "relative/is/ignored"}).service == "default"
    assert list(here.iterdir()) == []


@pytest.mark.usefixtures("here")
def test_macos_has_a_place_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(tmp_path / "Library" / "Application Support" / "fastdiag" / "fastdiag.yaml", "mac")
    assert load({"HOME": str(tmp_path)}).service is None
    monkeypatch.setattr("fastdiag.config.places.sys.platform", "darwin")
    assert load({"HOME": str(tmp_path)}).service == "mac"


def test_a_secret_that_everyone_can_read_is_told(here: Path) -> None:
    file = here / "fastdiag.yaml"
    file.write_text("postgres: postgresql://shop:hunter2@db/shop\n", encoding="utf-8")
    file.chmod(0o644)
    assert load({}).notes == (
        "settings from fastdiag.yaml",
        "fastdiag.yaml holds a secret that every user of this machine can read: chmod 600 fastdiag.yaml",
    )
    file.chmod(0o600)
    assert load({}).notes == ("settings from fastdiag.yaml",)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_what_somebody_else_left_in_a_folder_for_all_is_not_obeyed(here: Path) -> None:
    file = kept(here / "fastdiag.yaml", "planted")
    os.chown(file, 65534, 65534)
    assert load({}).service == "planted", "a folder of ours"
    here.chmod(0o1777)
    assert load({}).service is None
    assert load({}).notes[0].startswith("fastdiag.yaml is not used: it belongs to somebody else")
    assert load({}, Path("fastdiag.yaml")).service == "planted", "who names it means it"
