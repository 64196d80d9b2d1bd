"""Which lines to add for what is missing, filled with the latency objective.

Real libraries where there are some; ``fastdiag.instrument`` for what no exporter shows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final

from fastdiag.coverage.quality import Flaw, Remark
from fastdiag.coverage.recipe import APP, Recipe
from fastdiag.coverage.recipes_dependencies import RECIPES as OF_DEPENDENCIES
from fastdiag.coverage.recipes_requests import RECIPES as OF_REQUESTS
from fastdiag.coverage.recipes_running import RECIPES as OF_RUNNING
from fastdiag.coverage.wanted import SELF_MADE

RECIPES: Final = (*OF_REQUESTS, *OF_DEPENDENCIES, *OF_RUNNING)
STANDARD_BUCKETS_S: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""What most request-response services need, when the objective is among them."""
INSTEAD: Final = "main.py, in place of the lines that instrument it now"
SETTINGS: Final = frozenset({Flaw.BUCKETS, Flaw.STATUSES, Flaw.RAW_PATHS})
"""Flaws of metrics that are there: their library's own lines are to be changed: two would count twice."""
BEYOND: Final = (2, 5, 10)
"""Multiples of the objective that tell slow from hanging."""


def mended_by(need: str, uses: Collection[str], slow_s: float) -> Recipe | None:
    """Return the first recipe for an item that is not visible."""
    return _filled(next((one for one in RECIPES if one.fits(need, uses)), None), slow_s)


def mend(item: str, flaws: Sequence[Remark], uses: Collection[str], slow_s: float) -> Recipe | None:
    """Return what mends the first flaw for which there is something: the setting of its own library."""
    for remark in flaws:
        if remark.flaw is None or (remark.flaw in {Flaw.LACKING, Flaw.BLIND} and item not in SELF_MADE):
            continue
        own = {remark.library, remark.library.replace("_", "-")} - {""}
        found = next((one for one in RECIPES if one.fits(remark.flaw, own or uses)), None)
        if found:
            is_there = remark.flaw in SETTINGS and found.add_to == APP
            where = INSTEAD if is_there else found.add_to
            return _filled(replace(found, add_to=where), slow_s)
    return None


def buckets_for(slow_s: float) -> str:
    """Return bounds in seconds around an objective, which is one of them; some lie above."""
    around = {slow_s, *(slow_s * times for times in BEYOND), slow_s / 2, slow_s / 4}
    kept = {bound for bound in STANDARD_BUCKETS_S if not _near(bound, around)}
    return ", ".join(f"{bound:.3g}" for bound in sorted(kept | around))


def _near(bound: float, others: Iterable[float]) -> bool:
    """Whether another bound is so near that one of the two tells nothing."""
    return any(abs(bound - other) <= 0.3 * other for other in others)


def _filled(recipe: Recipe | None, slow_s: float) -> Recipe | None:
    if recipe is None:
        return None
    lines = recipe.lines.replace("{buckets}", buckets_for(slow_s))
    return replace(recipe, lines=lines)
