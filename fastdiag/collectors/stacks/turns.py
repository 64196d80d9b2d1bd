"""What the event loop was doing at one moment, from the stack of its thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from fastdiag.collectors.stacks.frames import Origin, innermost, module_path, origin
from fastdiag.collectors.stacks.pyspy import Frame, Stack

TURNS: Final = {
    "asyncio/base_events.py": frozenset({"_run_once", "run_forever", "run_until_complete"}),
    "asyncio/events.py": frozenset({"_run"}),
    "asyncio/runners.py": frozenset({"run"}),
    "gunicorn/workers/gasgi.py": frozenset({"run"}),
    "granian/server/mp.py": frozenset({"_spawn_asgi_worker", "_spawn_asgi_lifespan_worker"}),
    "granian/server/mt.py": frozenset({"_spawn_asgi_worker", "_spawn_asgi_lifespan_worker"}),
    "trio/_core/_run.py": frozenset({"unrolled_run", "run"}),
    "trio/_core/_io_epoll.py": frozenset({"get_events"}),
}
"""Functions that take turns for the tasks, by file. A loop written in C (uvloop) leaves no frame of its own:
there the function that started it is the last one before a task's."""
POLL: Final = ("selectors.py", "select")
SERVERS: Final = ("uvicorn/", "hypercorn/", "gunicorn/", "granian/", "starlette/", "fastapi/", "daphne/")
"""Where a task that serves a request begins. One with none of these below is the application's own."""
BACKGROUND: Final = "starlette/background.py"
SERIALIZERS: Final = {
    "json/__init__.py": frozenset({"dumps", "dump"}),
    "json/encoder.py": None,
    "fastapi/encoders.py": None,
    "fastapi/routing.py": frozenset({"serialize_response", "_serialize_data"}),
    "starlette/responses.py": frozenset({"render"}),
    "pydantic/main.py": frozenset({"model_dump", "model_dump_json", "dict", "json"}),
    "pydantic/type_adapter.py": frozenset({"dump_python", "dump_json"}),
}
"""Functions that turn data into answers; None stands for all of a file."""
EXPOSITION: Final = ("prometheus_client/exposition.py", "prometheus_client/openmetrics/exposition.py")


class Owner(Enum):
    """For whom the loop works."""

    REQUEST = auto()
    BACKGROUND_TASK = auto()  # Starlette's: the answer has been sent
    OWN_TASK = auto()  # begun by create_task; or by gather, for a request


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One moment of the loop. ``frames`` are those of the task at work, innermost first; none: it waits."""

    frames: tuple[Frame, ...]

    @property
    def application(self) -> Frame | None:
        """The innermost frame of the application's own code."""
        return innermost(self.frames, Origin.APPLICATION)

    @property
    def call(self) -> Frame | None:
        """The library's function that the application's innermost code has called."""
        return call_of(self.frames)

    @property
    def owner(self) -> Owner | None:
        """For whom the task works; None when the loop works for itself or waits."""
        if not self.frames:
            return None
        files = [module_path(frame) for frame in self.frames]
        if BACKGROUND in files:
            return Owner.BACKGROUND_TASK
        if any(file.startswith(SERVERS) for file in files):
            return Owner.REQUEST
        return Owner.OWN_TASK if self.application else None

    @property
    def serializes(self) -> bool:
        """Whether data is turned into an answer."""
        return any(_is_of(SERIALIZERS, frame) for frame in self.frames)


def turn_of(stacks: Sequence[Stack], pid: int) -> tuple[Stack, Turn] | None:
    """Return the thread that runs the event loop and its turn; None where no thread is known to.

    The main thread comes first: a library may run a loop of its own beside the server's.
    """
    ordered = sorted(stacks, key=lambda stack: stack.tid != pid and stack.name != "MainThread")
    for stack in ordered:
        depth = next((n for n, frame in enumerate(stack.frames) if _is_of(TURNS, frame)), None)
        if depth is not None:
            inner = stack.frames[:depth]
            is_polling = bool(inner) and (module_path(inner[-1]), inner[-1].name) == POLL
            return stack, Turn(frames=() if is_polling else inner)
    return None


def call_of(frames: Sequence[Frame]) -> Frame | None:
    """Return the outermost library frame inside the innermost application frame."""
    depth = next((n for n, frame in enumerate(frames) if origin(frame) is Origin.APPLICATION), 0)
    return frames[depth - 1] if depth else None


def renders_metrics(stack: Stack) -> bool:
    """Whether a thread writes the metrics page."""
    return any(module_path(frame) in EXPOSITION for frame in stack.frames)


def _is_of(table: dict[str, frozenset[str]] | dict[str, frozenset[str] | None], frame: Frame) -> bool:
    names = table.get(module_path(frame), frozenset())
    return names is None or frame.name in names
