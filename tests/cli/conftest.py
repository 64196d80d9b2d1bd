"""Running the command line in this process: the same code, without the price of a start."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fastdiag.__main__ import run
from fastdiag.config import addresses
from tests.cli.command import Ran

OURS = ("PROMETHEUS_", "LOKI_", "PG", "CELERY_", "FASTDIAG_", "XDG_CONFIG_")
VARIABLES = (
    "DATABASE_URL",
    "STATE_DIRECTORY",
    "COLUMNS",
    *addresses.QUEUE_VARIABLES,
    *addresses.CACHE_VARIABLES,
    *(name for name in os.environ if name.startswith(OURS)),
)


class Here:
    """An empty working directory in which `fastdiag` is run."""

    def __init__(self, folder: Path, captured: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._captured = captured

    def run(self, *arguments: str) -> Ran:
        """Run the command line."""
        self._captured.readouterr()
        try:
            code = run(list(arguments))
        except SystemExit as end:  # how completion ends
            code = int(end.code or 0)
        out, err = self._captured.readouterr()
        return Ran(code=code, out=out, err=err)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Here:
    monkeypatch.chdir(tmp_path)
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))  # nothing is left in the user's own
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))  # likewise
    return Here(tmp_path, capfd)
