"""A small real service, one for all tests of the live screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from tests.stack.apps import AppServer, ServerKind, app_server

APP: Final = """\
from fastapi import FastAPI

app = FastAPI()
"""


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    folder = tmp_path_factory.mktemp("watched")
    file = folder / "shop.py"
    file.write_text(APP, encoding="utf-8")
    with app_server(file, directory=folder, kind=ServerKind.UVICORN, workers=1) as running:
        yield running


@pytest.fixture
def options(service: AppServer) -> tuple[str, ...]:
    """Return what makes a look short and cheap: two sources, a second for both."""
    sources = ("--only=probe", "--only=processes")
    places = (f"--pid={service.pid}", f"--app-url={service.url}")
    return ("watch", *places, *sources, "--every=1s", "--max-cpu=100%")
