"""What checks ask a project: calls by name, classes by base, callers, arguments."""

from pathlib import Path

from fastdiag.source.model import Function
from tests.source.trees import read, spelled

SOURCE = """
import requests
from pydantic import BaseModel
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase): ...


class User(Base):
    def save(self):
        requests.post("x", timeout=5)


class Form(BaseModel):
    size: int = 3


class Plain: ...


def f(options):
    requests.get("x", None)
    requests.get("x", **options)
    session = requests.Session()
    session.get("x")
    User().save()


def g():
    f({})
"""


def test_calls_are_found_by_the_name_outside(tmp_path: Path) -> None:
    project = read(tmp_path, {"m.py": SOURCE})
    assert [call.place.line for call in project.calls_to("requests.*")] == [12, 23, 24, 25, 26]
    assert [call.place.line for call in project.calls_to("requests.get", "requests.post")] == [12, 23, 24]
    assert list(project.calls_to()) == []
    assert list(project.calls_to("request.*")) == []


def test_arguments_are_found_by_name_and_by_position(tmp_path: Path) -> None:
    project = read(tmp_path, {"m.py": SOURCE})
    post, by_position, spread, *_ = project.calls_to("requests.*")
    timeout = project.argument(post, "timeout")
    assert timeout is not None
    assert project.constant(timeout, project.functions["m.User.save"]) == 5
    assert project.argument(by_position, "params", 1) is not None
    assert project.argument(by_position, "timeout", 9) is None
    assert project.argument(spread, "timeout") is None
    assert [project.is_open(call) for call in (post, by_position, spread)] == [False, False, True]


def test_classes_are_found_by_a_base_at_any_depth(tmp_path: Path) -> None:
    project = read(tmp_path, {"m.py": SOURCE})
    assert [cls.qualname for cls in project.classes_below("sqlalchemy.*")] == ["m.Base", "m.User"]
    assert [cls.qualname for cls in project.classes_below("pydantic.BaseModel")] == ["m.Form"]


def test_callers_and_attributes_are_found(tmp_path: Path) -> None:
    project = read(tmp_path, {"m.py": SOURCE})
    user, form = project.classes["m.User"], project.classes["m.Form"]
    assert [call.place.line for call in project.callers(project.functions["m.f"])] == [31]
    save = project.attribute_of(user, "save")
    assert isinstance(save, Function)
    assert [call.place.line for call in project.callers(save)] == [27]
    size = project.attribute_of(form, "size")
    assert not isinstance(size, Function)
    assert [spelled(value) for value in size] == ["<int>"]
    assert project.attribute_of(project.classes["m.Plain"], "save") == ()


def test_a_line_is_quoted_and_files_have_digests(tmp_path: Path) -> None:
    project = read(tmp_path, {"m.py": SOURCE})
    (first, *_) = project.calls_to("requests.*")
    assert project.line(first.place).strip() == 'requests.post("x", timeout=5)'
    assert project.line(first.place._replace(line=10_000)) == ""
    assert list(project.digests) == ["m.py"]
    assert len(project.digests["m.py"]) == 64
