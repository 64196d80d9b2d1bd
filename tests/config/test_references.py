"""`${NAME}` in fastdiag.yaml is taken from the environment; what is not there is told with its place."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdiag.config.references import expand, without_references
from fastdiag.config.written import Written
from fastdiag.errors import ConfigError
from fastdiag.located.problems import Place

ENVIRON = {"HOST": "db", "PASSWORD": "hunter2", "RAW": "p@ss/w:rd", "QUOTED": "p%40ss", "EMPTY": ""}


def expanded(text: str) -> str:
    return expand(Written(text, Place("fastdiag.yaml", 3, 11)), ENVIRON)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("http://prom:9090", "http://prom:9090"),
        ("${HOST}", "db"),
        ("postgresql://shop:${PASSWORD}@${HOST}/shop", "postgresql://shop:hunter2@db/shop"),
        ("postgresql://shop:${RAW}@db/shop", "postgresql://shop:p%40ss%2Fw%3Ard@db/shop"),
        ("postgresql://shop:${QUOTED}@db/shop", "postgresql://shop:p%40ss@db/shop"),
        ("host=db password=${RAW}", "host=db password=p@ss/w:rd"),
        ("http://prom/${RAW}", "http://prom/p@ss/w:rd"),
        ("$HOST costs 5$", "$HOST costs 5$"),
        ("$${HOST}", "${HOST}"),
    ],
)
def test_a_reference_is_replaced(text: str, outcome: str) -> None:
    assert expanded(text) == outcome


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "${PASWORD}",
            "fastdiag.yaml:3:11: environment variable PASWORD is not set\n  hint: did you mean 'PASSWORD'?",
        ),
        (
            "${EMPTY}",
            (
                "fastdiag.yaml:3:11: environment variable EMPTY is empty\n"
                "  hint: export EMPTY, or write the value itself"
            ),
        ),
        (
            "${XYZZY}",
            (
                "fastdiag.yaml:3:11: environment variable XYZZY is not set\n"
                "  hint: export XYZZY, or write the value itself"
            ),
        ),
        (
            "${HOST:-db}",
            "fastdiag.yaml:3:11: a reference has the form ${NAME}\n  hint: a literal ${ is written $${",
        ),
        (
            "${HOST",
            "fastdiag.yaml:3:11: a reference has the form ${NAME}\n  hint: a literal ${ is written $${",
        ),
        ("${}", "fastdiag.yaml:3:11: a reference has the form ${NAME}\n  hint: a literal ${ is written $${"),
    ],
)
def test_what_cannot_be_replaced_is_told_with_its_place(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        expanded(text)
    assert str(caught.value) == said


@given(st.text(min_size=1).filter(lambda text: "%" not in text and text.isprintable()))
def test_whatever_a_password_holds_the_url_stays_a_url_and_gives_it_back(password: str) -> None:
    written = Written("redis://shop:${SECRET}@cache:6379/0", Place("fastdiag.yaml", 1, 1))
    parts = urlsplit(expand(written, {"SECRET": password}))
    assert (parts.hostname, parts.port, parts.path) == ("cache", 6379, "/0")
    assert unquote(parts.password or "") == password


def test_what_a_text_holds_by_itself() -> None:
    assert without_references("a ${B} c") == "a  c"
