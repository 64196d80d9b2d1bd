"""`python -m tests.incidents.score`: replay the recorded incidents, print the score, write SCORE.md.

With --items what each item of live evidence changes, into EVIDENCE.md: twice as much work.
"""

import argparse
import sys
from pathlib import Path
from typing import Final

from tests.incidents.items import EVERYTHING, ITEMS
from tests.incidents.public import public_cases
from tests.incidents.recorded import FOLDER, records
from tests.incidents.score.cases import reported_cases
from tests.incidents.score.fewer import evidence_page
from tests.incidents.score.instrumented import pairs
from tests.incidents.score.items import ITEM_VIEWS, Ablation, ablation, beside
from tests.incidents.score.judged import judge, rules
from tests.incidents.score.page import Score, page
from tests.incidents.score.removed import Removed
from tests.incidents.score.replays import Replay, replayed
from tests.incidents.views import View

SCORE: Final = Path(__file__).parent.parent / "SCORE.md"
EVIDENCE: Final = SCORE.with_name("EVIDENCE.md")


def score(folder: Path = FOLDER) -> Score:
    """Replay everything, the live incidents from the snapshots of a folder."""
    rulebook = rules()
    by_view = dict(zip(View, replayed([Replay(folder=folder, view=view) for view in View]), strict=True))
    live = by_view[View.ALL]
    carried = frozenset(one.case.name for one in live if one.has_strong)
    return Score(
        rulebook=rulebook,
        live=live,
        public=[judge(case, View.ALL, rulebook) for case in reported_cases(rulebook.catalogue)],
        removed=[
            Removed(view=view, judged=by_view[view], carried=carried) for view in View if view is not View.ALL
        ],
        instrumented=pairs(),
        records=records(folder),
        blind_spots=[
            (case.name, case.blind_spot) for case in public_cases(rulebook.catalogue) if case.blind_spot
        ],
    )


def evidence(folder: Path = FOLDER) -> list[Ablation]:
    """Replay everything with each item of live evidence, and without it."""
    views = [Replay(folder=folder, view=view) for view in ITEM_VIEWS]
    items = [
        Replay(folder=folder, view=view, without=item) for item in (*ITEMS, EVERYTHING) for view in ITEM_VIEWS
    ]
    answers = replayed([*views, *items])
    complete = dict(zip(ITEM_VIEWS, answers, strict=False))
    live = complete[View.ALL]
    return [
        ablation(replay, beside(live, complete[replay.view]), without)
        for replay, without in zip(items, answers[len(views) :], strict=True)
    ]


def main() -> None:
    """Print the page; write it, unless it is about other snapshots than the recorded set."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.incidents.score", description="Count how often it is right."
    )
    parser.add_argument("--of", type=Path, default=FOLDER, metavar="DIR", help="snapshots kept with --save")
    parser.add_argument("--items", action="store_true", help="what each item of live evidence changes")
    asked = parser.parse_args()
    folder: Path = asked.of
    text = evidence_page(evidence(folder)) if asked.items else page(score(folder))
    sys.stdout.write(text)
    if folder == FOLDER:
        (EVIDENCE if asked.items else SCORE).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
