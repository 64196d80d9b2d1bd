"""What fastdiag.yaml and options say of the flight recorder, and how faults in it are told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fastdiag.config.file import ConfigFile, read_config_file
from fastdiag.config.places import find_config
from fastdiag.config.receiving import DEFAULT_PORT, check_receiving
from fastdiag.config.recording import check_recordings
from fastdiag.config.template import template
from fastdiag.errors import ConfigError
from fastdiag.model.record_limits import Limits
from fastdiag.model.target import Target

SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105 - a test's own


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "fastdiag.yaml"


def file_of(path: Path, text: str) -> ConfigFile:
    path.write_text(text)
    return read_config_file(path)


def test_everything_has_a_default(written: Path) -> None:
    recordings = check_recordings(ConfigFile(), None, {})
    receiving = check_receiving(ConfigFile(), None, None, {"FASTDIAG_SERVE_SECRET": SECRET})
    assert (recordings.directory, recordings.limits) == (None, Limits())
    assert (receiving.host, receiving.port, receiving.secret.reveal()) == ("127.0.0.1", 8790, SECRET)
    assert not written.exists()


def test_the_template_shows_the_defaults(written: Path) -> None:
    sections = re.findall(r"^# ((?:record|serve): .*)", template(Target()), re.MULTILINE)
    file = file_of(written, "\n".join(sections).replace("/etc/fastdiag/serve.secret", "hook.secret"))
    written.with_name("hook.secret").write_text(SECRET)
    assert check_recordings(file, None, {}).limits == Limits()
    assert check_receiving(file, None, None, {}).port == DEFAULT_PORT


def test_the_file_says_how_much_is_kept(written: Path) -> None:
    text = """\
record:
  directory: kept
  snapshots: 50
  size: 64MiB
  age: 7d
  gap: 30s
  repeat: 1h
  per_hour: 4
"""
    recordings = check_recordings(file_of(written, text), None, {})
    assert recordings.directory == written.parent / "kept"
    assert recordings.limits == Limits(
        snapshots=50, bytes=64 * 2**20, age_s=7 * 86400, gap_s=30, repeat_s=3600, per_hour=4
    )


def test_what_is_typed_wins(written: Path, tmp_path: Path) -> None:
    text = "record: {directory: kept}\nserve: {listen: '127.0.0.1:1', secret_file: theirs}\n"
    (tmp_path / "ours").write_text(f"{SECRET}\n")
    file = file_of(written, text)
    receiving = check_receiving(file, "[::1]:9999", Path("ours"), {})
    assert (receiving.host, receiving.port, receiving.secret.reveal()) == ("::1", 9999, SECRET)
    assert check_recordings(file, Path("mine"), {}).directory == Path("mine")


def test_the_secret_is_named_and_does_not_stand_there(written: Path) -> None:
    file = file_of(written, "serve: {secret: '${HOOK_SECRET}'}\n")
    assert check_receiving(file, None, None, {"HOOK_SECRET": SECRET}).secret.reveal() == SECRET
    assert not file.holds_secrets
    assert file_of(written, f"serve: {{secret: {SECRET}}}\n").holds_secrets


def test_a_secret_that_everybody_can_read_is_noted(written: Path) -> None:
    path = written.with_name("hook.secret")
    path.write_text(SECRET)
    file = file_of(written, "serve: {secret_file: hook.secret}\n")
    path.chmod(0o644)
    assert check_receiving(file, None, None, {}).notes == (
        f"every user of this machine can read {path}: chmod 600 {path}",
    )
    path.chmod(0o600)
    assert check_receiving(file, None, None, {}).notes == ()


def test_a_secret_in_a_file_for_all_is_noted(written: Path) -> None:
    written.write_text(f"serve: {{secret: {SECRET}}}\n")
    written.chmod(0o644)
    assert "holds a secret that every user of this machine can read" in find_config(None, {})[1][1]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("record: {size: 1MiB}", "fastdiag.yaml:1:16: record.size must be 16 MiB to 1024 GiB, and is '1MiB'"),
        ("record: {size: 200}", "record.size is '200', which does not fit\n  hint: write it like 256MiB"),
        ("record: {gap: 1s}", "record.gap must be 10 s to 24 h, and is '1s'"),
        ("record: {per_hour: 0}", "record.per_hour must be 1 to 360, and is '0'"),
        ("record: {per_hour: 5s}", "record.per_hour is '5s', which does not fit\n  hint: write it like 12"),
        ("record: {age: soon}", "record.age makes no sense: 'soon' is not a number with a unit"),
        ("record: {repaet: 1h}", "'record' has no key 'repaet'\n  hint: did you mean 'repeat'?"),
        ("record: kept", "'record' must be a mapping, and is a text"),
        ("serve: {listen: localhost}", "serve.listen must be HOST:PORT, and is 'localhost'"),
        ("serve: {listen: 'http://x:1'}", "serve.listen must be HOST:PORT"),
        ("serve: {listen: 'x:99999'}", "serve.listen must be HOST:PORT"),
        ("serve: {secret: short}", "serve.secret holds a secret of fewer than 16 characters"),
        ("serve: {secret: 'two words are here'}", "serve.secret holds no secret that a header can carry"),
        ("serve: {secret: '${NOWHERE}'}", "environment variable NOWHERE is not set"),
        ("serve: {secret_file: gone}", "serve.secret_file cannot be read from"),
        ("serve: {secret: a, secret_file: b}", "stands beside secret_file: which of the two is meant?"),
        ("", "serve needs a secret, which whoever sends alerts has to know"),
    ],
)
def test_a_fault_is_told_with_its_place_and_what_to_do(text: str, fault: str, written: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        _read_all(written, text)
    assert fault in str(caught.value)


def _read_all(written: Path, text: str) -> None:
    file = file_of(written, f"{text}\n")
    check_recordings(file, None, {})
    check_receiving(file, None, None, {})
