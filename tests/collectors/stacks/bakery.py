"""A service whose event loop stands still, or computes, for one reason or another."""

import asyncio
import subprocess
import time

from fastapi import BackgroundTasks, FastAPI

app = FastAPI(title="Bakery")
kept: list[object] = []


def knead(seconds: float) -> None:
    time.sleep(seconds)


async def clean_up(seconds: float) -> None:
    knead(seconds)


@app.get("/knead")
async def knead_dough(seconds: float) -> str:
    knead(seconds)
    return "ok"


@app.get("/mill")
async def mill(seconds: float) -> str:
    subprocess.run(["sleep", str(seconds)], check=True)  # noqa: ASYNC221 - the fault that is to be found
    return "ok"


@app.get("/count")
async def count(seconds: float) -> str:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        sum(range(1000))
    return "ok"


@app.get("/later")
async def later(tasks: BackgroundTasks, seconds: float) -> str:
    tasks.add_task(clean_up, seconds)
    return "ok"


@app.get("/own")
async def own(seconds: float) -> str:
    kept.append(asyncio.create_task(clean_up(seconds)))
    return "ok"


@app.get("/rest")
async def rest(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "ok"


@app.get("/queue")
def queue(seconds: float) -> str:
    knead(seconds)
    return "ok"
