"""Whatever comes from outside is text on the page: never an element, an attribute, a link or a direction."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import pytest

from fastdiag.model.course import FailureSequence, Step
from fastdiag.model.history import Mark, Past
from fastdiag.model.report import Report
from fastdiag.redact import disarm
from fastdiag.render import html
from tests.render.hostile import TEXTS, diagnosis_of
from tests.render.html.page import Document, read
from tests.render.html.reports import COURSES, RUNS, SEQUENCE, at, iso, past_of

ATTRIBUTE_ENDS = {
    "attribute": '" onmouseover="alert(1)" x="',
    "apostrophe": "' onfocus='alert(1)' autofocus tabindex='1",
    "end of script": "</script></style></title></svg><script>window.owned = 1</script>",
    "image": '<img src=x onerror="window.owned = 1">',
    "comment": "--><script>window.owned = 1</script><!--",
    "template": "{{ 7 * 7 }}{% raw %}${7*7}",
    "link": "javascript:window.owned=1",
    "data link": "data:text/html,<script>window.owned=1</script>",
    "link with a tail": 'https://evil.example/" onclick="window.owned=1',
    "nul": "a\x00b",
}
EVERY_TEXT = {**TEXTS, **ATTRIBUTE_ENDS}
every_text = pytest.mark.parametrize("text", EVERY_TEXT.values(), ids=EVERY_TEXT)


def hostile_report(text: str) -> Report:
    """Return a report that holds the text wherever something from outside or of a user's rules may be."""
    diagnosis = diagnosis_of(text)
    cause = replace(diagnosis.causes[0], title=text, why=text, references=(text,))
    symptom = replace(diagnosis.symptoms[0], title=text, evidence=(text,))
    told = replace(diagnosis, causes=(cause, *diagnosis.causes[1:]), symptoms=(symptom,))
    mark = Mark(service=text, at=iso(at(5)), text=text)
    again = replace(past_of(diagnosis).recurrences[0], title=text, first_seen=text, last_mark=mark)
    step = Step(stage=SEQUENCE.steps[0].stage, at=at(9), signal=text, said=text)
    return Report(
        diagnosis=told,
        past=Past(runs=RUNS, marks=(mark,), recurrences=(again,), where=text, trouble=text),
        courses=(replace(COURSES[0], signal=text, title=text),),
        sequence=FailureSequence(steps=(step,)),
        notes=(text,),
    )


@cache
def rendered(text: str) -> str:
    return html.render(hostile_report(text))


def shape(document: Document) -> list[tuple[str, tuple[str, ...]]]:
    """Return the elements with the names of their attributes."""
    return [(one.tag, tuple(sorted(one.attributes))) for one in document.elements]


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@every_text
def test_the_page_gains_no_element_and_no_attribute_from_it(text: str) -> None:
    harmless = read(rendered("harmless words"))
    assert set(shape(read(rendered(text)))) <= set(shape(harmless)) | {("a", ("href", "rel"))}


@every_text
def test_the_page_shows_it_as_it_stands(text: str) -> None:
    assert squeezed(disarm(text)) in squeezed(read(rendered(text)).text)


@every_text
def test_the_page_is_printable(text: str) -> None:
    page = rendered(text)
    assert [char for char in page if not char.isprintable() and char != "\n"] == []
    assert page.encode("utf-8")


@every_text
def test_only_a_web_address_is_a_link(text: str) -> None:
    links = [one.attributes["href"] for one in read(rendered(text)).all("a")]
    assert [link for link in links if not re.match(r"#[\w-]+$", link)] == []


def test_a_web_address_is_one() -> None:
    links = read(html.render(hostile_report("https://example.org/a?b=c&d"))).all("a")
    assert links[-1].attributes["href"] != ""
    assert "https://example.org/a?b=c&d" in [one.attributes["href"] for one in links]
