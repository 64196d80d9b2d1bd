"""Whatever comes from outside is text: never markup, never a terminal escape, never HTML."""

from __future__ import annotations

import json as stdlib_json
import re

import pytest
from markdown_it import MarkdownIt

from fastdiag.model.signal import Catalogue
from fastdiag.redact import disarm
from fastdiag.render import json, markdown, snapshot_file, terminal
from fastdiag.render.markup import block, code, link, plain
from tests.render.hostile import TEXTS, diagnosis_of

every_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def shown(rendered: str) -> str:
    """Return rendered HTML as a reader sees it: without tags, entities resolved."""
    text = re.sub(r"<[^>]*>", "", rendered)
    for entity, char in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(entity, char)
    return text


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@every_text
@pytest.mark.parametrize("verbose", [False, True])
def test_the_screen_shows_it_as_it_stands(text: str, *, verbose: bool) -> None:
    screen = terminal.render(diagnosis_of(text), width=120, verbose=verbose)
    assert [char for char in screen if not char.isprintable() and char != "\n"] == []
    assert squeezed(disarm(text)) in squeezed(screen)


@every_text
def test_the_screen_in_colour_holds_no_escape_but_its_own(text: str) -> None:
    screen = re.sub(r"\x1b\[[0-9;]*m", "", terminal.render(diagnosis_of(text), color=True))
    assert screen == terminal.render(diagnosis_of(text))


@every_text
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_the_screen_can_be_written(text: str, encoding: str) -> None:
    assert terminal.render(diagnosis_of(text), encoding=encoding).encode(encoding)


@every_text
def test_markdown_shows_it_as_it_stands(text: str) -> None:
    rendered = PARSER.render(markdown.render(diagnosis_of(text)))
    assert squeezed(disarm(text).strip()) in squeezed(shown(rendered))


@every_text
def test_markdown_gains_no_element_from_it(text: str) -> None:
    def elements(source: str) -> set[str]:
        return set(re.findall(r"<(\w+)", PARSER.render(source)))

    harmless = elements(markdown.render(diagnosis_of("harmless @words")))
    assert elements(markdown.render(diagnosis_of(text))) <= harmless


@every_text
def test_running_text_names_nobody_and_links_nowhere(text: str) -> None:
    rendered = PARSER.render(plain(text))
    outside_code = re.sub(r"<code>.*?</code>", "", rendered, flags=re.DOTALL)
    assert not re.search(r"@\w|://|www\.|#\d|<a |<img", outside_code)


@every_text
def test_code_shows_exactly_the_text(text: str) -> None:
    tokens = PARSER.parseInline(f"x {code(text)} y")[0].children or []
    assert [token.type for token in tokens] == ["text", "code_inline", "text"]
    assert squeezed(tokens[1].content) == squeezed(disarm(text))


@every_text
def test_a_block_of_commands_is_one_block(text: str) -> None:
    tokens = PARSER.parse(f"- check:\n{block(text, '  ')}\n\nafter")
    assert [token.type for token in tokens if token.type == "fence"] == ["fence"]
    assert [token.content for token in tokens if token.type == "inline"] == ["check:", "after"]


def test_only_web_addresses_become_links() -> None:
    assert link("https://example.org/a?b=c") == "<https://example.org/a?b=c>"
    assert link("javascript:alert(1)") == "`javascript:alert(1)`"
    assert link("https://x> <script>") == "`https://x> <script>`"


@every_text
def test_json_is_printable_and_loses_nothing(text: str) -> None:
    written = json.render(diagnosis_of(text))
    assert [char for char in written if not char.isprintable() and char != "\n"] == []
    assert stdlib_json.loads(written)["service"] == text


@every_text
def test_a_saved_hostile_snapshot_is_read_back_equal(text: str) -> None:
    snapshot = diagnosis_of(text).snapshot
    assert snapshot_file.decode(json.render_snapshot(snapshot), Catalogue(), "s.json") == snapshot
