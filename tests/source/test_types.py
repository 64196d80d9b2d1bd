"""What annotations, containers and the table say that a value is."""

from pathlib import Path

import pytest

from tests.source.trees import last_call

CASES = {
    "a client of a class": (
        """
        def f():
            s = requests.Session()
            s.get('x')
        """,
        ["requests.Session.get"],
    ),
    "an annotated parameter": (
        """
        def f(s: requests.Session): s.get('x')
        """,
        ["requests.Session.get"],
    ),
    "an optional parameter": (
        """
        def f(s: requests.Session | None = None): s.get('x')
        """,
        ["requests.Session.get"],
    ),
    "an annotation in quotes": (
        """
        def f(s: 'Optional[requests.Session]'): s.get('x')
        """,
        ["requests.Session.get"],
    ),
    "two types in one annotation": (
        """
        def f(s: requests.Session | httpx.Client): s.get('x')
        """,
        ["requests.Session.get", "httpx.Client.get"],
    ),
    "elements of a list": (
        """
        def f(all: list[Session]):
            for s in all: s.commit()
        """,
        ["sqlalchemy.orm.Session.commit"],
    ),
    "a dict's values": (
        """
        def f(all: dict[str, Session]):
            for k, s in all.items():
                s.commit()
        """,
        ["sqlalchemy.orm.Session.commit"],
    ),
    "a dict's keys": (
        """
        def f(all: dict[str, Session]):
            for k in all:
                k.commit()
        """,
        [],
    ),
    "an entry of a dict": (
        """
        def f(all: dict[str, Session]): all['x'].commit()
        """,
        ["sqlalchemy.orm.Session.commit"],
    ),
    "a type variable": (
        """
        T = TypeVar('T', bound=Session)
        def f(s: T): s.commit()
        """,
        ["sqlalchemy.orm.Session.commit"],
    ),
    "an attribute that the table knows": (
        """
        from pathlib import Path
        def f(p: Path): p.parent.mkdir()
        """,
        ["pathlib.Path.mkdir"],
    ),
    "an index that the table knows": (
        """
        from pymongo import MongoClient
        def f(): MongoClient()['shop'].command('x')
        """,
        ["pymongo.database.Database.command"],
    ),
    "a container that the table knows": (
        """
        import shop
        def f():
            for o in shop.orders(): o.pay()
        """,
        ["shop.Order.pay"],
    ),
    "a table of functions": (
        """
        def a(): ...
        def b(): ...
        T = {'a': a, 'b': b}
        def f(x): T[x]()
        """,
        ["m.a?", "m.b?"],
    ),
    "a field that only describes": (
        """
        from pydantic import BaseModel, Field
        class M(BaseModel):
            s: requests.Session = Field(default=None)
        def f(m: M): m.s.get('x')
        """,
        ["requests.Session.get"],
    ),
    "an entry of a TypedDict": (
        """
        from typing import TypedDict
        class D(TypedDict):
            http: httpx.Client
        def f(d: D): d['http'].get('x')
        """,
        ["httpx.Client.get"],
    ),
    "an entry of an object": (
        """
        class Pool:
            def __getitem__(self, key) -> httpx.Client: ...
        def f(p: Pool): p['http'].get('x')
        """,
        ["httpx.Client.get"],
    ),
    "a lambda": (
        """
        g = lambda: 1
        def f(): g()
        """,
        ["m.<lambda>"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_last_call_of_a_function_reaches(case: str, tmp_path: Path) -> None:
    body, expected = CASES[case]
    assert last_call(tmp_path, body) == expected
