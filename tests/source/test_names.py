"""From a name to what it means: imports, assignments, scopes; each case beside one that looks like it."""

from pathlib import Path

import pytest

from tests.source.trees import last_call

CASES = {
    "an alias of a package": (
        """
        import requests as r
        def f(): r.get('x')
        """,
        ["requests.get"],
    ),
    "an alias of a function": (
        """
        from requests import get as fetch
        def f(): fetch('x')
        """,
        ["requests.get"],
    ),
    "an import inside the function": (
        """
        def f():
            import time
            time.sleep(1)
        """,
        ["time.sleep"],
    ),
    "a parameter that hides an import": (
        """
        def f(requests): requests.get('x')
        """,
        [],
    ),
    "a name assigned anew": (
        """
        def f():
            x = requests
            x = httpx
            x.get('x')
        """,
        ["httpx.get"],
    ),
    "a name assigned in one branch": (
        """
        def f(a):
            x = requests
            if a:
                x = httpx
            x.get('x')
        """,
        ["requests.get", "httpx.get"],
    ),
    "a name assigned in both branches": (
        """
        def f(a):
            x = asyncio
            if a:
                x = httpx
            else:
                x = requests
            x.get('x')
        """,
        ["asyncio.get", "httpx.get", "requests.get"],
    ),
    "a name assigned after its use": (
        """
        def f(x):
            x.get('x')
            x = requests
        """,
        [],
    ),
    "parts of a tuple": (
        """
        def g(): return requests.Session(), httpx.Client()
        def f():
            a, b = g()
            b.get('x')
        """,
        ["httpx.Client.get"],
    ),
    "a comprehension's variable": (
        """
        def f(all: list[Session], s: httpx.Client): return [s.commit() for s in all]
        """,
        ["sqlalchemy.orm.Session.commit"],
    ),
    "a name beside a comprehension's variable": (
        """
        def f(all: list[Session], s: httpx.Client):
            [s for s in all]
            s.get('x')
        """,
        ["httpx.Client.get"],
    ),
    "a global that a comprehension hides": (
        """
        client = httpx.Client()
        def f(all):
            [client for client in all]
            client.get('x')
        """,
        ["httpx.Client.get"],
    ),
    "a walrus": (
        """
        def f():
            if (s := requests.Session()): s.get('x')
        """,
        ["requests.Session.get"],
    ),
    "a nested function": (
        """
        def f():
            def g(): ...
            g()
        """,
        ["m.f.<locals>.g"],
    ),
    "a singleton set by a function": (
        """
        client = None
        def start():
            global client
            client = httpx.Client()
        def f(): client.get('x')
        """,
        ["httpx.Client.get"],
    ),
    "the state of an application": (
        """
        def start(app):
            app.state.http = httpx.Client()
        def f(request): request.app.state.http.get('x')
        """,
        ["httpx.Client.get"],
    ),
    "a match": (
        """
        def f(x):
            match x:
                case httpx.Client() as c:
                    c.get('x')
        """,
        ["httpx.Client.get"],
    ),
    "an exception": (
        """
        def f():
            try: ...
            except httpx.HTTPError as e: e.add_note('x')
        """,
        ["httpx.HTTPError.add_note"],
    ),
    "a class that isinstance names": (
        """
        def f(x):
            if x and isinstance(x, httpx.Client):
                x.get('x')
        """,
        ["httpx.Client.get"],
    ),
    "after what isinstance names": (
        """
        def f(x: requests.Session):
            if isinstance(x, (httpx.Client, httpx.AsyncClient)): x.close()
            x.get('x')
        """,
        ["requests.Session.get"],
    ),
    "another spelling of a class": (
        """
        from sqlalchemy.orm.session import Session as S
        def f(s: S): s.commit()
        """,
        ["sqlalchemy.orm.Session.commit"],
    ),
    "a built-in function": (
        """
        def f(): open('x')
        """,
        ["open"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_last_call_of_a_function_reaches(case: str, tmp_path: Path) -> None:
    body, expected = CASES[case]
    assert last_call(tmp_path, body) == expected
