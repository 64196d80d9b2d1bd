"""The answered checklist on the screen, as a document and as JSON: the same facts, and text stays text."""

from __future__ import annotations

import json as stdlib_json
import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from fastdiag.model.checklist import Coverage
from fastdiag.redact import disarm
from fastdiag.render.coverage import json, markdown, terminal
from tests.coverage.answers import answers, facts, log, page
from tests.coverage.test_logs_and_traces import structured
from tests.coverage.test_requests import counted, timed
from tests.render.hostile import TEXTS


def coverage(routes: tuple[str, ...] = ("/orders/1", "/orders/2", "/orders/3")) -> Coverage:
    known = facts(page(counted(routes, statuses=("2xx", "5xx")) + timed()))
    known = replace(known, logs=log(structured()))
    return Coverage(
        service="shop",
        taken_at="2026-11-22T03:14:07Z",
        items=tuple(answers(known).values()),
        sources={"prometheus": "skipped: no Prometheus is known", "scrape": "ok"},
        notes=("something to know",),
    )


def hostile(text: str) -> Coverage:
    whole = coverage()
    seen = tuple(
        replace(
            one,
            by=(text,),
            qualities=tuple(replace(quality, text=text) for quality in one.qualities),
            evidence=tuple(replace(evidence, text=text) for evidence in one.evidence),
        )
        for one in whole.items
    )
    return replace(whole, service=text, items=seen, sources={"scrape": text})


SCREEN = """\
5 of 12 observability items of shop are visible, 5 are not, 2 cannot be told

Requests
visible      request count by endpoint
             http_requests_total
             but  label handler of http_requests_total has 3 values like
                  /orders/{id}: ids stand in it, not routes
visible      p95 and p99 latency
             fastapi_request_duration_seconds
             but  the wait for a blocked event loop is not in it
visible      error rate by endpoint
             http_requests_total
             but  label handler of http_requests_total has 3 values like
                  /orders/{id}: ids stand in it, not routes
             but  http_requests_total groups statuses (2xx, 5xx): a 503 or 504
                  looks like any 5xx
             but  http_requests_total: clients that gave up count as answered

Database
cannot tell  database query duration
"""


def test_the_screen_tells_what_is_seen_how_well_and_what_to_add() -> None:
    screen = terminal.render(coverage(), width=80)
    assert screen.startswith(SCREEN)
    assert "\nTo see more\n   main.py, after app = FastAPI()\n   shows connection-pool usage," in screen
    assert '      # pip install "fastdiag[instrument]"\n      from fastdiag.instrument' in screen
    assert screen.count("from fastdiag.instrument import instrument") == 1
    assert screen.endswith("no Prometheus is known; scrape ok; only read, and changed\nnothing\n")


def test_only_lines_to_copy_are_longer_than_the_screen() -> None:
    screen = terminal.render(coverage(), width=80)
    long = [line for line in screen.splitlines() if len(line) > 80]
    assert all("find out: " in line or line.startswith("      ") for line in long)


def test_all_of_it_is_shown_on_request() -> None:
    brief, verbose = terminal.render(coverage()), terminal.render(coverage(), verbose=True)
    assert "A total hides which endpoint grew." in verbose
    assert "A total hides" not in brief
    assert len(verbose) > len(brief)


def test_the_document_has_every_key_always() -> None:
    document = stdlib_json.loads(json.render(coverage()))
    keys = ["schema", "fastdiag", "service", "taken_at", "total", "visible", "not_visible", "cannot_tell"]
    assert list(document) == [*keys, "items", "sources", "notes"]
    assert (document["schema"], document["total"], document["visible"]) == (1, 12, 5)
    assert len({tuple(item) for item in document["items"]}) == 1
    first = document["items"][0]
    assert (first["id"], first["sight"], first["by"]) == (
        "requests-by-endpoint",
        "visible",
        ["http_requests_total"],
    )
    assert {item["sight"] for item in document["items"]} == {"visible", "not visible", "cannot tell"}


def test_markdown_has_the_lines_to_add_as_code() -> None:
    rendered = MarkdownIt("commonmark").render(markdown.render(coverage()))
    assert '<pre><code class="language-python"># pip install' in rendered
    assert rendered.count("<h2>") == 6


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_foreign_text_is_only_text(text: str) -> None:
    whole = hostile(text)
    screen = terminal.render(whole, verbose=True, width=120)
    assert [char for char in screen if not char.isprintable() and char != "\n"] == []
    assert re.sub(r"\s", "", disarm(text)) in re.sub(r"\s", "", screen)
    assert terminal.render(whole, encoding="ascii").isascii()
    stdlib_json.loads(json.render(whole))
    plain, with_it = (
        set(re.findall(r"<(\w+)", MarkdownIt("commonmark").render(markdown.render(one))))
        for one in (hostile("harmless"), whole)
    )
    assert with_it <= plain
