"""What calls give back: factories, managers, coroutines, dependencies."""

from pathlib import Path

import pytest

from tests.source.trees import last_call

CASES = {
    "a with statement": (
        """
        def f():
            with httpx.Client() as c: c.get('x')
        """,
        ["httpx.Client.get"],
    ),
    "a context manager of the project": (
        """
        @contextmanager
        def opened():
            yield requests.Session()
        def f():
            with opened() as s: s.get('x')
        """,
        ["requests.Session.get"],
    ),
    "contextmanager as a function": (
        """
        def opened():
            yield requests.Session()
        opener = contextmanager(opened)
        def f():
            with opener() as s: s.get('x')
        """,
        ["requests.Session.get"],
    ),
    "a class with __aenter__": (
        """
        class Unit:
            async def __aenter__(self): return requests.Session()
        async def f():
            async with Unit() as s: s.get('x')
        """,
        ["requests.Session.get"],
    ),
    "an exit stack": (
        """
        from contextlib import ExitStack
        def f():
            with ExitStack() as stack:
                c = stack.enter_context(httpx.Client())
                c.get('x')
        """,
        ["httpx.Client.get"],
    ),
    "a sessionmaker": (
        """
        Local = sessionmaker(bind=create_engine('x'))
        def f():
            with Local() as s: s.commit()
        """,
        ["sqlalchemy.orm.Session.commit"],
    ),
    "a factory that says what it returns": (
        """
        def make() -> Session: ...
        def f(): make().commit()
        """,
        ["sqlalchemy.orm.Session.commit"],
    ),
    "a factory that does not say it": (
        """
        def make():
            return Session()
        def f(): make().commit()
        """,
        ["sqlalchemy.orm.Session.commit"],
    ),
    "an awaited factory": (
        """
        async def make():
            return Session()
        async def f(): (await make()).commit()
        """,
        ["sqlalchemy.orm.Session.commit"],
    ),
    "a coroutine that nobody awaited": (
        """
        async def make():
            return Session()
        def f(): make().commit()
        """,
        [],
    ),
    "gathered coroutines": (
        """
        async def one(): return Session()
        async def two(): return httpx.Client()
        async def f():
            a, b = await asyncio.gather(one(), two())
            b.get('x')
        """,
        ["httpx.Client.get"],
    ),
    "what a thread gives back": (
        """
        def make(): return Session()
        async def f():
            s = await asyncio.to_thread(make)
            s.commit()
        """,
        ["sqlalchemy.orm.Session.commit"],
    ),
    "a dependency by Annotated": (
        """
        def db():
            yield Session()
        def f(s: Annotated[Session, Depends(db)]): s.commit()
        """,
        ["sqlalchemy.orm.Session.commit"],
    ),
    "a dependency that tells more than its annotation": (
        """
        def db():
            yield Session()
        def f(s=Depends(db)): s.commit()
        """,
        ["sqlalchemy.orm.Session.commit"],
    ),
    "an alias of an annotated dependency": (
        """
        def db():
            yield Session()
        Db = Annotated[Session, Depends(db)]
        def f(s: Db): s.commit()
        """,
        ["sqlalchemy.orm.Session.commit"],
    ),
    "a class as a dependency": (
        """
        class Repo:
            def load(self): ...
        def f(repo: Annotated[Repo, Depends()]): repo.load()
        """,
        ["m.Repo.load"],
    ),
    "a partial": (
        """
        send = functools.partial(requests.post, 'x')
        def f(): send()
        """,
        ["requests.post"],
    ),
    "a cached function": (
        """
        @functools.cache
        def g(): ...
        def f(): g()
        """,
        ["m.g"],
    ),
    "a generic function": (
        """
        T = TypeVar('T')
        def make(cls: type[T]) -> T: ...
        def f(): make(httpx.Client).get('x')
        """,
        ["httpx.Client.get"],
    ),
    "an awaited generic function": (
        """
        T = TypeVar('T')
        async def first(all: list[T]) -> T | None: ...
        async def f(all: list[httpx.Client]): (await first(all)).get('x')
        """,
        ["httpx.Client.get"],
    ),
    "a sessionmaker of an own class": (
        """
        class Own(Session):
            def commit(self): ...
        Local = sessionmaker(class_=Own)
        def f(): Local().commit()
        """,
        ["m.Own.commit"],
    ),
    "what callers pass": (
        """
        def f(s): s.commit()
        def g(): f(Session())
        """,
        ["sqlalchemy.orm.Session.commit"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_last_call_of_a_function_reaches(case: str, tmp_path: Path) -> None:
    body, expected = CASES[case]
    assert last_call(tmp_path, body) == expected
