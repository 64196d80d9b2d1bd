"""Names of modules, and what imports bring."""

import ast
from pathlib import Path

import pytest

from tests.source.trees import last, read, spelled

PACKAGE = {
    "app/__init__.py": "",
    "app/tools.py": "def work(): ...\ndef _hidden(): ...\nLIMIT = 5\n",
    "app/inner/__init__.py": "from .deep import work as deep_work\nfrom ..tools import *\n",
    "app/inner/deep.py": "def work(): ...\n",
}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("from app.tools import work\ndef f(): work()", ["app.tools.work"]),
        ("from app import tools\ndef f(): tools.work()", ["app.tools.work"]),
        ("import app.tools\ndef f(): app.tools.work()", ["app.tools.work"]),
        ("import app.tools as t\ndef f(): t.work()", ["app.tools.work"]),
        ("from .tools import work\ndef f(): work()", ["app.tools.work"]),
        ("from . import tools\ndef f(): tools.work()", ["app.tools.work"]),
        ("from app.inner import deep_work\ndef f(): deep_work()", ["app.inner.deep.work"]),
        ("from app.inner import work\ndef f(): work()", ["app.tools.work"]),
        ("from .tools import *\ndef f(): work()", ["app.tools.work"]),
        (
            "try:\n    from app.tools import work\nexcept ImportError:\n    work = None\ndef f(): work()",
            ["app.tools.work"],
        ),
        ("from app.absent import work\ndef f(): work()", []),
        ("from ....beyond import work\ndef f(): work()", []),
        ("from flask import *\ndef f(): abort(400)", ["flask.abort"]),
    ],
)
def test_an_import_brings_what_its_module_has(body: str, expected: list[str], tmp_path: Path) -> None:
    assert last(read(tmp_path, {**PACKAGE, "app/main.py": body}), "app.main.f") == expected


def test_a_package_that_imports_its_own_modules_has_them(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/schemas/__init__.py": "from app.schemas import user\n__all__ = ['user']\n",
        "app/schemas/user.py": "class User:\n    def load(self): ...\n",
        "app/main.py": "from app import schemas\ndef f(): schemas.user.User().load()\n",
    }
    assert last(read(tmp_path, files), "app.main.f") == ["app.schemas.user.User.load"]


def test_the_folder_on_the_path_is_seen_from_imports(tmp_path: Path) -> None:
    files = {
        "backend/app/main.py": "from app.core.db import load\ndef f(): load()\n",
        "backend/app/core/db.py": "def load(): ...\n",
    }
    project = read(tmp_path, files)
    assert sorted(project.modules) == ["app.core.db", "app.main"]
    assert last(project, "app.main.f") == ["app.core.db.load"]


def test_packages_below_src_are_called_by_their_own_name(tmp_path: Path) -> None:
    project = read(tmp_path, {"src/shop/__init__.py": "", "src/shop/cart.py": ""})
    assert sorted(project.modules) == ["shop", "shop.cart"]


def test_two_applications_with_the_same_names_keep_to_themselves(tmp_path: Path) -> None:
    app = {"app/main.py": "from app.db import load\ndef f(): load()\n", "app/db.py": "def load(): ...\n"}
    project = read(
        tmp_path, {f"{name}/{file}": text for name in ("one", "two") for file, text in app.items()}
    )
    assert last(project, "app.main.f") == ["app.db.load"]
    assert last(project, "two.app.main.f") == ["two.app.db.load"]


def test_a_module_of_the_project_does_not_hide_the_standard_library_from_another(tmp_path: Path) -> None:
    files = {
        "utils/logging/__init__.py": "",
        "backend/app/main.py": """
            import logging
            from app.log import x
            def f(): logging.getLogger("x").info("y")
        """,
        "backend/app/log.py": "x = 1\n",
    }
    assert last(read(tmp_path, files), "app.main.f") == ["logging.Logger.info"]


def test_functions_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    source = "if 1:\n    def f(): ...\nelse:\n    def f(): ...\ng = lambda: 1\nh = lambda: 2\n"
    project = read(tmp_path, {"m.py": source})
    assert sorted(project.functions) == ["m.<lambda>", "m.<lambda>#2", "m.f", "m.f#2"]
    assert project.functions["m.f#2"].name == "f"


def test_packages_from_outside_are_listed_once(tmp_path: Path) -> None:
    files = {
        **PACKAGE,
        "app/main.py": "import os, httpx\nimport httpx.x\nfrom app import tools\nfrom a.b import c\n",
    }
    assert read(tmp_path, files).packages == ("a", "httpx")


def test_the_value_of_a_name_is_told(tmp_path: Path) -> None:
    source = "import requests\nclass K: ...\nx = [requests, requests.Session(), K, K(), len, {}, 'a', None]\n"
    project = read(tmp_path, {"m.py": source})
    module = project.modules["m"]
    (parts,) = [node.elts for node in ast.walk(module.tree) if isinstance(node, ast.List)]
    said = [[spelled(value) for value in project.value(part, module)] for part in parts]
    assert said == [
        ["requests"],
        ["<requests.Session>"],
        ["m.K"],
        ["<m.K>"],
        ["len"],
        ["<dict>"],
        ["<str>"],
        [],
    ]
