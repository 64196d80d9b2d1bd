"""Whether stacks are read: what was typed wins over the file, and careful over curious."""

from pathlib import Path

import pytest

from fastdiag.config.care import check_stacks
from fastdiag.config.file import ConfigFile, read_config_file
from fastdiag.config.flags import Flags
from fastdiag.errors import ConfigError
from fastdiag.model.target import Stacks


def written(folder: Path, text: str) -> ConfigFile:
    path = folder / "fastdiag.yaml"
    path.write_text(text, encoding="utf-8")
    return read_config_file(path)


@pytest.mark.parametrize(
    ("flags", "text", "policy"),
    [
        (Flags(), "", Stacks.WHEN_BLOCKED),
        (Flags(stacks=True), "", Stacks.ASKED),
        (Flags(stacks=False), "stacks: always", Stacks.NEVER),
        (Flags(gentle=True), "stacks: always", Stacks.NEVER),
        (Flags(), "stacks: always", Stacks.ASKED),
        (Flags(), "stacks: never", Stacks.NEVER),
        (Flags(), "stacks: always\ngentle: true", Stacks.NEVER),
        (Flags(), "gentle: false", Stacks.WHEN_BLOCKED),
        (Flags(stacks=True), "gentle: true", Stacks.ASKED),
    ],
)
def test_who_decides(flags: Flags, text: str, policy: Stacks, tmp_path: Path) -> None:
    assert check_stacks(flags, written(tmp_path, text)) is policy


def test_both_at_once_contradict_each_other() -> None:
    with pytest.raises(ConfigError, match="contradict"):
        check_stacks(Flags(stacks=True, gentle=True), ConfigFile())


@pytest.mark.parametrize("text", ["stacks: alway", "gentle: maybe"])
def test_another_word_is_told_with_its_place(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"fastdiag\.yaml:1:"):
        written(tmp_path, text)
