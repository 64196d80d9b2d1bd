"""The lines to add: they are Python, they fit the objective, and there are some for every item."""

from __future__ import annotations

import pytest

from fastdiag.coverage.quality import Flaw, Remark
from fastdiag.coverage.recipe import Recipe
from fastdiag.coverage.recipes import RECIPES, buckets_for, mend, mended_by
from tests.coverage.answers import items

PYTHON = [recipe for recipe in RECIPES if "import " in recipe.lines]


@pytest.mark.parametrize("recipe", PYTHON, ids=lambda recipe: recipe.lines.splitlines()[1][:50])
def test_lines_are_python(recipe: Recipe) -> None:
    compile(recipe.lines.replace("{buckets}", "0.1, 1"), recipe.add_to, "exec")


def test_every_item_has_lines_for_a_service_of_which_nothing_is_known() -> None:
    without = [item.id for item in items() if mended_by(item.id, (), 1.0) is None]
    assert without == []


@pytest.mark.parametrize("item", [item.id for item in items()])
def test_no_lines_import_a_client_that_the_service_does_not_have(item: str) -> None:
    """An instrumentation of a library that is not installed would keep the service from starting."""
    found = mended_by(item, {"fastapi"}, 1.0)
    assert found is not None
    assert not any(f"instrumentation.{name}" in found.lines for name in ("httpx", "requests", "aiohttp"))


@pytest.mark.parametrize("slow_s", [0.02, 0.3, 1.0, 2.0, 45.0])
def test_buckets_hold_the_objective_and_some_above(slow_s: float) -> None:
    bounds = [float(text) for text in buckets_for(slow_s).split(", ")]
    assert slow_s in bounds
    assert bounds == sorted(set(bounds))
    assert len([bound for bound in bounds if bound > slow_s]) >= 3


@pytest.mark.parametrize(
    ("library", "lines"),
    [
        ("starlette_exporter", "    buckets=[0.05,"),
        ("opentelemetry", "ExplicitBucketHistogramAggregation("),
        ("opentelemetry (old)", "OTEL_SEMCONV_STABILITY_OPT_IN=http"),
        ("prometheus-fastapi-instrumentator", "buckets = (0.05,"),
    ],
)
def test_a_flaw_is_mended_by_the_setting_of_its_own_library(library: str, lines: str) -> None:
    coarse = Remark(text="coarse", flaw=Flaw.BUCKETS, library=library)
    everything = {"prometheus-fastapi-instrumentator", "starlette-exporter", "opentelemetry"}
    found = mend("latency-percentiles", [coarse], everything, 1.0)
    assert found is not None
    assert lines in found.lines
    assert not found.add_to.startswith("main.py, after"), "a second middleware would count twice"


def test_what_nothing_mends_is_only_told() -> None:
    biased = Remark(text="clients that gave up count as answered", flaw=Flaw.BIASED, library="opentelemetry")
    assert mend("errors-by-endpoint", [biased], {"opentelemetry"}, 1.0) is None


def test_lines_fit_a_narrow_screen_but_for_long_names_of_modules() -> None:
    lines = [line for recipe in RECIPES for line in recipe.lines.splitlines()]
    filled = [line.replace("{buckets}", buckets_for(1.0)) for line in lines]
    assert [line for line in filled if len(line) > 74 and " import " not in line] == []
