"""Which files are read, and that none of them can stop the analysis."""

import os
import socket
import sys
from pathlib import Path

import pytest

from fastdiag.source.files import MAX_FILE_BYTES, find
from fastdiag.source.project import read_project
from tests.source.trees import last, reached, read, written


def test_only_the_code_of_the_project_is_read(tmp_path: Path) -> None:
    names = [
        "main.py",
        "app/test_tools.py",
        "app/tools_test.py",
        "app/conftest.py",
        "app/migrations/one.py",
        "app/attest.py",
        "app/notes.txt",
        "app/tests/x.py",
        "tests/x.py",
        ".venv/x.py",
        "venv/x.py",
        "node_modules/x.py",
        "lib/site-packages/x.py",
        "build/x.py",
        "app/__pycache__/x.py",
        ".git/x.py",
        "legacy/x.py",
        "app/gen_pb2.py",
    ]
    tree = find(written(tmp_path, dict.fromkeys(names, "")), exclude=["legacy/", "*_pb2.py"])
    assert [file.name for file in tree.files] == ["main.py", "app/attest.py", "app/migrations/one.py"]
    assert tree.unread == ()


def test_a_folder_of_tests_is_read_when_it_is_asked_for(tmp_path: Path) -> None:
    written(tmp_path, {"tests/app/main.py": ""})
    assert [file.name for file in find(tmp_path / "tests").files] == ["app/main.py"]


def test_one_file_is_a_project_too(tmp_path: Path) -> None:
    written(tmp_path, {"main.py": "import time\ndef f(): time.sleep(1)\n", "other.py": ""})
    project = read_project(tmp_path / "main.py")
    assert sorted(project.modules) == ["main"]
    assert reached(project, "main.f") == ["time.sleep"]


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    outside = written(tmp_path / "outside", {"secret.py": ""})
    project = written(tmp_path / "project", {"app/main.py": ""})
    (project / "app/loop").symlink_to(project)
    (project / "app/away").symlink_to(outside)
    assert [file.name for file in find(project).files] == ["app/main.py"]


def test_what_is_no_file_is_told_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.py"))
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere.py")
    (tmp_path / "large.py").write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    tree = find(tmp_path)
    assert tree.files == ()
    assert {unread.place.file: unread.reason for unread in tree.unread} == {
        "gone.py": "not a regular file",
        "large.py": "larger than 2 MB",
        "pipe.py": "not a regular file",
        "socket.py": "not a regular file",
    }


HOSTILE = {
    "null bytes": b"x = 1\0\n",
    "half a character": b"x = '\xc3'\n",
    "a coding that nobody has": b"# coding: klingon\n",
    "a coding that is no text": b"# coding: zlib\n",
    "Python 2": b"print 'hello'\n",
    "no end": b"def f(:\n",
    "brackets without end": b"(" * 50_000,
    "brackets with an end": b"x = " + b"[" * 5_000 + b"]" * 5_000 + b"\n",
    "minus without end": b"x = " + b"-" * 100_000 + b"1\n",
    "attributes without end": b"x = a" + b".b" * 50_000 + b"\n",
    "a sum without end": b"x = 1" + b" + 1" * 100_000 + b"\n",
    "calls without end": b"x = f" + b"()" * 20_000 + b"\n",
    "a number without end": b"x = " + b"9" * 100_000 + b"\n",
    "surrogates": b"x = '\xed\xa0\x80'\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_cannot_be_read_is_told_and_the_others_are_read(name: str, tmp_path: Path) -> None:
    written(tmp_path, {"good.py": "import time\ndef f(): time.sleep(1)\n"})
    (tmp_path / "bad.py").write_bytes(HOSTILE[name])
    project = read_project(tmp_path)
    assert reached(project, "good.f") == ["time.sleep"]
    for call in project.calls:
        project.targets(call)
    assert [unread.place.file for unread in project.unread] == ["bad.py"]
    assert all(unread.reason for unread in project.unread)


FINE = {
    "a thousand elifs": b"if x: pass\n"
    + b"elif x: pass\n" * 1_000
    + b"import time\ndef f(): time.sleep(1)\n",
    "a large table": b"import time\nT = {" + b"'a': [1, 2, 3], " * 20_000 + b"}\ndef f(): time.sleep(1)\n",
    "latin-1 that says so": b"# coding: latin-1\nx = '\xe9'\nimport time\ndef f(): time.sleep(1)\n",
    "a byte order mark": b"\xef\xbb\xbfimport time\ndef f(): time.sleep(1)\n",
    "old line ends": b"import time\rdef f(): time.sleep(1)\r",
    "a strange escape": b"import time\nx = '\\d'\ndef f(): time.sleep(1)\n",
    "except of Python 3.14": b"import time\ntry: ...\nexcept A, b.B: ...\ndef f(): time.sleep(1)\n",
    "generics of Python 3.12": (
        b"import time\ntype A[T] = list[T]\nclass B[T: dict[str, int]]: ...\nasync def g[T](x: T) -> T: ...\n"
        b"type = 5\ntype == 5\ndef f(): time.sleep(1)\n"
    ),
    "one name bound ten thousand times": (
        b"import time\ndef g(x):\n" + b"    x = x.y(x)\n" * 10_000 + b"def f(): time.sleep(1)\n"
    ),
    "a thousand classes below each other": (
        b"import time\nclass A0: ...\n"
        + b"".join(b"class A%d(A%d): ...\n" % (n + 1, n) for n in range(1_000))
        + b"def g(): A1000().x()\ndef f(): time.sleep(1)\n"
    ),
    "many functions of one name": b"import time\n" + b"def g(): g()\n" * 3_000 + b"def f(): time.sleep(1)\n",
}


@pytest.mark.parametrize("name", FINE)
def test_a_file_that_is_only_unusual_is_read(name: str, tmp_path: Path) -> None:
    (tmp_path / "m.py").write_bytes(FINE[name])
    project = read_project(tmp_path)
    assert project.unread == ()
    for call in project.calls:
        project.targets(call)
    assert reached(project, "m.f") == ["time.sleep"]


CIRCLES = {
    "a name that is itself": "x = x\ndef f(): x()",
    "names in a circle": "def g(): return h()\ndef h(): return g()\ndef f(): g()()",
    "a class below itself": "class A(B): ...\nclass B(A): ...\ndef f(a: A): a.x()",
    "modules in a circle": "from m import y\nx = y\ndef f(): y()",
    "an annotation of itself": "X = 'X'\ndef f(x: X): x.y()",
    "a function that returns itself": "def g(): return g\ndef f(): g()()()()()",
    "a method that returns the method": "class A:\n    def m(self): return self.m()\ndef f(): A().m().m()",
    "a parameter passed round": "def g(x): h(x)\ndef h(x): g(x)\ndef f(x): x.y()",
    "a growing list": "def g(x): return g([x])\ndef f(): g(1)[0][0].x()",
    "iterators of each other": (
        "class A:\n    def __iter__(self): return B()\nclass B:\n    def __iter__(self): return A()\n"
        "def f():\n    for x in A(): x.y()"
    ),
    "objects that are called through each other": (
        "class A:\n    __call__ = B()\nclass B:\n    __call__ = A()\ndef f(a: A): a()()()"
    ),
    "managers of each other": (
        "class A:\n    def __enter__(self): return B()\nclass B:\n    def __enter__(self): return A()\n"
        "def f():\n    with A() as a, a as b, b as c: c.x()"
    ),
    "a growing partial": "import functools\ndef g(x): return g(functools.partial(x))\ndef f(): g(len)()",
}


@pytest.mark.parametrize("name", CIRCLES)
def test_circles_come_to_an_end(name: str, tmp_path: Path) -> None:
    project = read(tmp_path, {"m.py": CIRCLES[name]})
    last(project, "m.f")


def test_long_chains_are_cut_rather_than_followed_for_ever(tmp_path: Path) -> None:
    chain = "\n".join(f"def g{n}(): return g{n + 1}() or g{n + 1}()" for n in range(400))
    project = read(
        tmp_path, {"m.py": f"{chain}\ndef g400(): return len\ndef f(): g0()()\ndef near(): g395()()"}
    )
    assert last(project, "m.f") == []
    assert last(project, "m.near") == ["len"]
    assert sys.getrecursionlimit() >= 1_000
