"""What a worker's pool threads were doing at one moment: AnyIO's, and those of executors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag.collectors.stacks.frames import module_path
from fastdiag.collectors.stacks.pyspy import Frame, Stack

ANYIO: Final = ("anyio/_backends/_asyncio.py", "run")
EXECUTOR: Final = ("concurrent/futures/thread.py", "_worker")
IDLE: Final = ("queue.py", "get")
"""A thread without work waits here, in its pool's own hands; executors wait in C, without a frame."""
CONNECTION_WAITS: Final = (
    ("sqlalchemy/pool/impl.py", "_do_get"),
    ("psycopg_pool/pool.py", "getconn"),
    ("psycopg_pool/null_pool.py", "getconn"),
)
WAITS: Final = frozenset({"wait", "acquire", "get"})
"""On the way to a connection a thread waits for a condition or a queue; otherwise it makes a connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolThread:
    """A pool thread at work; ``frames`` are those of its work, innermost first."""

    frames: tuple[Frame, ...]
    is_anyio: bool

    @property
    def waits_for_connection(self) -> bool:
        """Whether it waits for a connection of a database pool, in Python code that says so."""
        depth = next((n for n, frame in enumerate(self.frames) if _place(frame) in CONNECTION_WAITS), 0)
        return any(frame.name in WAITS for frame in self.frames[:depth])


def at_work(stacks: Iterable[Stack]) -> list[PoolThread]:
    """Return the pool threads that are not waiting for work."""
    found = (_pool_thread(stack.frames) for stack in stacks)
    return [thread for thread in found if thread and thread.frames]


def _pool_thread(frames: Sequence[Frame]) -> PoolThread | None:
    """Return what a pool thread does, without frames when it waits for work; None: it is of no pool."""
    for depth, frame in enumerate(frames):
        if _place(frame) in {ANYIO, EXECUTOR}:
            work = tuple(frames[:depth])
            is_idle = bool(work) and _place(work[-1]) == IDLE
            return PoolThread(frames=() if is_idle else work, is_anyio=_place(frame) == ANYIO)
    return None


def _place(frame: Frame) -> tuple[str, str]:
    return module_path(frame), frame.name
