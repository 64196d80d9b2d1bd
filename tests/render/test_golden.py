"""Every format of every invented diagnosis, compared whole."""

from __future__ import annotations

import pytest

from fastdiag.render import json, markdown, terminal
from tests.render.diagnoses import ALL, POOL_DRAINED
from tests.render.golden import FOLDER, assert_golden


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", ALL)
def test_the_screen(name: str, width: int) -> None:
    assert_golden(f"{name}-{width}.txt", terminal.render(ALL[name], width=width))


@pytest.mark.parametrize("name", ["pool-drained", "healthy", "half-seen"])
def test_the_verbose_screen(name: str) -> None:
    assert_golden(f"{name}-verbose.txt", terminal.render(ALL[name], width=80, verbose=True))


def test_the_screen_of_a_terminal_without_blocks() -> None:
    assert_golden("pool-drained-ascii.txt", terminal.render(POOL_DRAINED, width=80, encoding="ascii"))


@pytest.mark.parametrize("name", ALL)
def test_markdown(name: str) -> None:
    assert_golden(f"{name}.md", markdown.render(ALL[name]))


@pytest.mark.parametrize("name", ALL)
def test_json(name: str) -> None:
    assert_golden(f"{name}.json", json.render(ALL[name]))


def test_the_saved_snapshot() -> None:
    assert_golden("pool-drained-snapshot.json", json.render_snapshot(POOL_DRAINED.snapshot))


def test_no_golden_file_is_left_over() -> None:
    known = {f"{name}-{width}.txt" for name in ALL for width in (80, 120)}
    known |= {f"{name}.{suffix}" for name in ALL for suffix in ("md", "json")}
    known |= {f"{name}-verbose.txt" for name in ("pool-drained", "healthy", "half-seen")}
    known |= {"pool-drained-ascii.txt", "pool-drained-snapshot.json"}
    assert {file.name for file in FOLDER.iterdir()} == known
