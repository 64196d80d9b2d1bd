"""Every replay that the score needs, over all processors: some two thousand judgements."""

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.incidents.items import Item
from tests.incidents.removal import has_item
from tests.incidents.score.cases import Case, live_cases
from tests.incidents.score.judged import Judged, applies, judge, judge_without, rules
from tests.incidents.views import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """The live incidents in a folder under one view, by a fastdiag that knows of an item or does not."""

    folder: Path
    view: View
    without: Item | None = None


def replayed(replays: Sequence[Replay]) -> list[list[Judged]]:
    """Return the answers of each replay, one for each case in which it makes a difference.

    The processes are started afresh: a test session has threads, and a copy of it might wait for their locks.
    """
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=os.cpu_count(), mp_context=fresh) as pool:
        return list(pool.map(_answers, replays))


def _answers(replay: Replay) -> list[Judged]:
    rulebook, cases = rules(), _cases(replay.folder)
    item = replay.without
    if item is None:
        return [judge(case, replay.view, rulebook) for case in cases if applies(replay.view, case)]
    having = [case for case in cases if has_item(case.snapshot, item)]
    return [judge_without(case, replay.view, item, rulebook) for case in having]


@cache
def _cases(folder: Path) -> tuple[Case, ...]:
    return tuple(live_cases(rules().catalogue, folder))
