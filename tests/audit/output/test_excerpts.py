"""The line of source under a finding: without its indentation and its secrets, the caret where it belongs."""

from __future__ import annotations

from pathlib import Path

from fastdiag.audit.excerpts import excerpts
from fastdiag.model.audit import CodePlace


def one(folder: Path, line: str, column: int) -> tuple[str, int]:
    (folder / "main.py").write_text(f"x = 1\n{line}\n", encoding="utf-8")
    place = CodePlace("main.py", 2, column)
    return excerpts(folder, [place])[place]


def test_the_caret_stands_under_the_call(tmp_path: Path) -> None:
    text, caret = one(tmp_path, "        rate = requests.get(url)", 16)
    assert (text, text[caret:]) == ("rate = requests.get(url)", "requests.get(url)")


def test_a_secret_before_the_call_is_masked_and_moves_the_caret(tmp_path: Path) -> None:
    line = '    dsn = "postgresql://shop:hunter2secret@db/shop"; connect(dsn)'
    text, caret = one(tmp_path, line, line.index("connect") + 1)
    assert "hunter2secret" not in text
    assert text[caret:] == "connect(dsn)"


def test_tabs_and_terminal_escapes_are_text(tmp_path: Path) -> None:
    text, caret = one(tmp_path, "\t\tcall('\x1b]0;owned\x07')", 3)
    assert text.isprintable()
    assert text[caret:].startswith("call(")


def test_of_a_long_line_the_part_about_the_place_is_shown(tmp_path: Path) -> None:
    text, caret = one(tmp_path, "    x = [" + "1, " * 500 + "call()]", 4 + 5 + 1500 + 1)
    assert len(text) < 120
    assert text[caret:] == "call()]"


def test_a_line_that_is_not_there_any_more_has_no_excerpt(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("x = 1\n", encoding="utf-8")
    places = [CodePlace("main.py", 9, 1), CodePlace("gone.py", 1, 1), CodePlace(".")]
    assert excerpts(tmp_path, places) == {}
