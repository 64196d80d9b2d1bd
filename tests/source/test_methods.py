"""Methods by the type of their object; decorators; how calls stand."""

from pathlib import Path

import pytest

from tests.source.trees import last, reached, read

CLASSES = """
from abc import ABC, abstractmethod
from typing import Protocol, Self
import httpx, requests


class Base:
    retries = 3

    def __init__(self, client: httpx.Client, other):
        self.client = client
        self.other = other

    def fetch(self):
        self.client.get("x")

    def other_fetch(self):
        self.other.get("x")

    def template(self):
        self.step()

    def step(self):
        return 1

    @property
    def session(self):
        return requests.Session()

    @classmethod
    def make(cls):
        return cls(httpx.Client(), requests.Session())

    def with_retries(self) -> Self: ...

    @staticmethod
    def sleep(self):
        self.client.get("x")


class Child(Base):
    def step(self):
        super().step()

    def own(self): ...


class Store(Protocol):
    def load(self): ...


class Disk:
    def load(self): ...


class Shape(ABC):
    @abstractmethod
    def area(self): ...


class Square(Shape):
    def area(self): ...


class Outer(httpx.Client): ...


class Called:
    def __call__(self): ...


def by_property(base: Base):
    base.session.get("x")


def by_factory():
    Child.make().own()


def by_self():
    Child.make().with_retries().own()


def by_protocol(store: Store):
    store.load()


def by_abstract(shape: Shape):
    shape.area()


def by_outside(outer: Outer):
    outer.get("x")


def by_call(called: Called):
    called()


def by_constructor():
    Child(None, None)


def without_constructor():
    Disk()


def by_override(base: Base):
    base.step()
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Base.fetch", ["httpx.Client.get"]),
        ("Base.other_fetch", ["requests.Session.get"]),
        ("Base.template", ["m.Base.step", "m.Child.step?"]),
        ("Base.sleep", []),
        ("Child.step", ["m.Base.step"]),
        ("by_property", ["requests.Session.get"]),
        ("by_factory", ["m.Child.own"]),
        ("by_self", ["m.Child.own"]),
        ("by_protocol", ["m.Disk.load"]),
        ("by_abstract", ["m.Square.area"]),
        ("by_outside", ["httpx.Client.get"]),
        ("by_call", ["m.Called.__call__"]),
        ("by_constructor", ["m.Base.__init__"]),
        ("without_constructor", ["m.Disk"]),
        ("by_override", ["m.Base.step", "m.Child.step?"]),
    ],
)
def test_methods_are_found_by_the_type_of_the_object(name: str, expected: list[str], tmp_path: Path) -> None:
    assert last(read(tmp_path, {"m.py": CLASSES}), f"m.{name}") == expected


def test_a_decorator_that_calls_stands_for_both_functions(tmp_path: Path) -> None:
    source = """
    import asyncio, functools

    def timed(fn):
        @functools.wraps(fn)
        def wrapper(*args):
            return fn(*args)
        return wrapper

    def threaded(fn):
        @functools.wraps(fn)
        async def wrapper(*args):
            return await asyncio.to_thread(fn, *args)
        return wrapper

    @timed
    def work(): ...

    @threaded
    def offloaded(): ...

    def f():
        work()

    async def g():
        await offloaded()
    """
    project = read(tmp_path, {"m.py": source})
    assert reached(project, "m.f") == ["m.work", "m.timed.<locals>.wrapper"]
    assert reached(project, "m.g") == ["m.threaded.<locals>.wrapper"]


def test_calls_know_how_they_stand(tmp_path: Path) -> None:
    source = """
    async def f(a, b, c, d):
        await a()
        async with b() as x: ...
        async for y in c(): ...
        with d(): ...
        [z async for z in a()]
        a()
    """
    calls = read(tmp_path, {"m.py": source}).functions["m.f"].calls
    assert [(call.is_awaited, call.is_entered) for call in calls] == [
        (True, False),
        (True, True),
        (True, False),
        (False, True),
        (True, False),
        (False, False),
    ]


def test_calls_of_nested_functions_and_of_import_time_are_apart(tmp_path: Path) -> None:
    source = """
    import a, b, c, d, e
    a.a()

    @b.b()
    def f(x=c.c()):
        g = lambda: d.d()

    class K:
        y = e.e()
    """
    project = read(tmp_path, {"m.py": source})
    paths = [
        project.outside_path(t.value) for call in project.modules["m"].calls for t in project.targets(call)
    ]
    assert paths == ["a.a", "b.b", "c.c", "e.e"]
    assert reached(project, "m.f") == []
    assert reached(project, "m.f.<locals>.<lambda>") == ["d.d"]
