from __future__ import annotations

from pathlib import Path

import pytest

from fastdiag.audit.cpu import check
from tests.audit.work.ground import found

APP = """
    import asyncio
    from concurrent.futures import ProcessPoolExecutor
    import pandas
    from fastapi import FastAPI

    app = FastAPI()
    pool = ProcessPoolExecutor()

    def read():
        return pandas.read_csv("orders.csv").to_dict()

    @app.on_event("startup")
    def warm():
        read()

    @app.get("/report")
    {route}
"""


@pytest.mark.parametrize(
    "route", ["def report(): return read()", 'def report(): return pandas.read_csv("orders.csv")']
)
def test_a_plain_route_that_computes_for_long_is_told(tmp_path: Path, route: str) -> None:
    (finding,) = found(tmp_path, check, APP.replace("{route}", route))
    assert (finding.kind, finding.sink) == ("data-frame", "pandas.read_csv")
    assert finding.chain[0].text == "GET /report"


@pytest.mark.parametrize(
    "route",
    [
        "def report(): return pool.submit(read).result()",
        "async def report(): return await asyncio.get_running_loop().run_in_executor(pool, read)",
        "async def report(): return read()",  # blocks the event loop, and is told as that
        "def report(): return 1",
    ],
)
def test_what_another_process_computes_is_none(tmp_path: Path, route: str) -> None:
    assert found(tmp_path, check, APP.replace("{route}", route)) == []
