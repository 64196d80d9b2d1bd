"""Source code, file names and reasons are foreign text: never markup, an escape or HTML."""

from __future__ import annotations

from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from fastdiag.model.audit import CodePlace, Dismissal, Dismissed, Unread
from fastdiag.redact import disarm
from fastdiag.render.audit import json, markdown, terminal
from fastdiag.render.audit.sheet import Sheet
from tests.render.audit.sheets import AUDIT, BLOCKED, SHEET
from tests.render.hostile import TEXTS

every_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)


def sheet_of(text: str) -> Sheet:
    place = CodePlace(text, 3, 2)
    step = replace(BLOCKED.chain[0], text=text, place=place)
    finding = replace(BLOCKED, place=place, message=text, fix=text, sink=text, chain=(step,))
    audit = replace(
        AUDIT,
        folder=text,
        findings=(finding,),
        dismissed=(Dismissed(finding=finding, by=Dismissal.COMMENT, reason=text),),
        unread=(Unread(place=place, reason=text),),
    )
    return replace(SHEET, audit=audit, base="", excerpts={place: (text, 2)})


@every_text
def test_no_byte_of_it_acts_on_a_terminal(text: str) -> None:
    for shown in (terminal.render(sheet_of(text), verbose=True), json.render(sheet_of(text))):
        assert all(char.isprintable() or char == "\n" for char in shown)


@every_text
def test_it_stays_text_in_markdown(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(markdown.render(sheet_of(text)))
    kinds = {token.type for block in tokens for token in (block, *(block.children or ()))}
    assert not kinds & {"html_block", "html_inline", "image", "fence"}
    links = [t.attrs["href"] for b in tokens for t in b.children or () if t.type == "link_open"]
    assert set(links) <= {"https://fastapi.tiangolo.com/async/"}


def test_markup_is_shown_as_it_stands() -> None:
    text = TEXTS["rich markup"]
    assert disarm(text) in terminal.render(sheet_of(text), width=120)
