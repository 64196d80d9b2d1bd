"""Literals that the source says, and those that it does not."""

import ast
from pathlib import Path

import pytest

from fastdiag.source.constants import UNKNOWN, Constant
from tests.source.trees import read

FILES = {
    "app/__init__.py": "",
    "app/const.py": "TIMEOUT = 60 * 5\nTWICE = 1\nTWICE = 2\n",
    "app/settings.py": """
        import os
        from pydantic import Field
        from pydantic_settings import BaseSettings

        class Settings(BaseSettings):
            size: int = 7
            wait: float = Field(default=2.5, gt=0)
            required: str

        settings = Settings()
        RETRIES = int(os.getenv("RETRIES", "3"))
        NAME = os.environ["NAME"]
    """,
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", 5),
        ("None", None),
        ("-0.5", -0.5),
        ("'a'", "a"),
        ("2 * 3 + 1", 7),
        ("7 // 2", 3),
        ("1 / 0", UNKNOWN),
        ("9 ** 9 ** 9", UNKNOWN),
        ("const.TIMEOUT", 300),
        ("TIMEOUT", 300),
        ("const.TWICE", UNKNOWN),
        ("settings.size", 7),
        ("settings.wait", 2.5),
        ("settings.required", UNKNOWN),
        ("settings.absent", UNKNOWN),
        ("RETRIES", 3),
        ("NAME", UNKNOWN),
        ("float('x')", UNKNOWN),
        ("parameter", UNKNOWN),
        ("settings.size or 5", 7),
        ("unknown()", UNKNOWN),
    ],
)
def test_a_constant_is_followed_to_where_it_is_said(text: str, expected: Constant, tmp_path: Path) -> None:
    main = f"""
        from app import const
        from app.const import TIMEOUT
        from app.settings import settings, RETRIES, NAME
        def f(parameter=1): return {text}
    """
    project = read(tmp_path, {**FILES, "app/main.py": main})
    function = project.functions["app.main.f"]
    (statement,) = getattr(function.node, "body")  # noqa: B009 - a lambda has another one
    assert isinstance(statement, ast.Return)
    assert statement.value is not None
    value = project.constant(statement.value, function)
    assert (value, type(value)) == (expected, type(expected))
