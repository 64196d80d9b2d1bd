"""The shop of the story, in one Prometheus for all tests of this folder."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fastdiag.model.rule import Rulebook
from fastdiag.rulebook.folders import builtin_rules
from fastdiag.rulebook.load import load_rulebook
from tests.reporting.story import Story
from tests.stack.history import remembering


@dataclass(frozen=True)
class Shop:
    """What happened, and the server that remembers it."""

    story: Story
    url: str


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    story = Story(end=float(int(time.time())))
    with remembering(story.samples(), tmp_path_factory.mktemp("shop")) as running:
        yield Shop(story=story, url=running.url)


@pytest.fixture(scope="package")
def rulebook() -> Rulebook:
    return load_rulebook(builtin_rules(), ())


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the history and the locks of each test to itself."""
    directory = tmp_path / "state"
    monkeypatch.setenv("STATE_DIRECTORY", str(directory))
    monkeypatch.delenv("FASTDIAG_HISTORY", raising=False)
    return directory
