"""`python -m tests.incidents.score`: replay the recorded incidents, print the score, write SCORE.md."""

import argparse
import sys
from pathlib import Path
from typing import Final

from tests.incidents.items import EVERYTHING, ITEMS
from tests.incidents.public import public_cases
from tests.incidents.recorded import FOLDER, records
from tests.incidents.score.cases import reported_cases
from tests.incidents.score.items import ITEM_VIEWS, ablation, beside
from tests.incidents.score.judged import judge, rules
from tests.incidents.score.page import Score, page
from tests.incidents.score.removed import Removed
from tests.incidents.score.replays import Replay, replayed
from tests.incidents.views import View

SCORE: Final = Path(__file__).parent.parent / "SCORE.md"


def score(folder: Path = FOLDER) -> Score:
    """Replay everything, the live incidents from the snapshots of a folder."""
    rulebook = rules()
    views = [Replay(folder=folder, view=view) for view in View]
    items = [
        Replay(folder=folder, view=view, without=item) for item in (*ITEMS, EVERYTHING) for view in ITEM_VIEWS
    ]
    answers = replayed([*views, *items])
    by_view = dict(zip(View, answers, strict=False))
    live = by_view[View.ALL]
    carried = frozenset(one.case.name for one in live if one.has_strong)
    return Score(
        rulebook=rulebook,
        live=live,
        public=[judge(case, View.ALL, rulebook) for case in reported_cases(rulebook.catalogue)],
        removed=[
            Removed(view=view, judged=by_view[view], carried=carried) for view in View if view is not View.ALL
        ],
        items=[
            ablation(replay, beside(live, by_view[replay.view]), without)
            for replay, without in zip(items, answers[len(views) :], strict=True)
        ],
        records=records(folder),
        blind_spots=[
            (case.name, case.blind_spot) for case in public_cases(rulebook.catalogue) if case.blind_spot
        ],
    )


def main() -> None:
    """Print the page; write it, unless it is about other snapshots than the recorded set."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.incidents.score", description="Count how often it is right."
    )
    parser.add_argument("--of", type=Path, default=FOLDER, metavar="DIR", help="snapshots kept with --save")
    folder: Path = parser.parse_args().of
    text = page(score(folder))
    sys.stdout.write(text)
    if folder == FOLDER:
        SCORE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
