import os
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from fastdiag.located.files import MAX_FILE_BYTES, read_yaml
from fastdiag.located.problems import Problems
from tests.rulebook.tables import faults


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            b"title: a\nwhy: caf\xc3\xa9 d\xe9j\xe0 vu\n",
            snapshot("""\
rules/x.yaml:2:12: byte 0xe9 is not UTF-8
  hint: save the file as UTF-8\
"""),
        ),
        (b"#" * (MAX_FILE_BYTES + 1), snapshot("rules/x.yaml: the file is larger than 1,000,000 bytes")),
        (b"", snapshot("rules/x.yaml:1:1: the file is empty")),
    ],
    ids=["latin-1", "huge", "empty"],
)
def test_a_file_that_is_no_rule_file_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(data)
    problems = Problems()

    assert read_yaml(path, "rules/x.yaml", problems) is None
    assert faults(problems) == said


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbftitle: a\n")
    problems = Problems()

    assert read_yaml(path, "x.yaml", problems) is not None
    assert problems.found == []


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    os.mkfifo(path)
    problems = Problems()

    assert read_yaml(path, "x.yaml", problems) is None
    assert faults(problems) == snapshot("x.yaml: this is not a regular file")


def test_a_dangling_link_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.symlink_to(tmp_path / "gone")
    problems = Problems()

    assert read_yaml(path, "x.yaml", problems) is None
    assert faults(problems) == snapshot("x.yaml: the file cannot be read: No such file or directory")
