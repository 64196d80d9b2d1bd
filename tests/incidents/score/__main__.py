"""`python -m tests.incidents.score`: replay the recorded incidents, print the score, write SCORE.md."""

import argparse
import sys
from pathlib import Path
from typing import Final

from tests.incidents.public import public_cases
from tests.incidents.recorded import FOLDER, records
from tests.incidents.score.cases import live_cases, reported_cases
from tests.incidents.score.judged import judge, rules
from tests.incidents.score.page import Score, page
from tests.incidents.score.removed import removed
from tests.incidents.views import View

SCORE: Final = Path(__file__).parent.parent / "SCORE.md"


def score(folder: Path = FOLDER) -> Score:
    """Replay everything, the live incidents from the snapshots of a folder."""
    rulebook = rules()
    live = live_cases(rulebook.catalogue, folder)
    public = public_cases(rulebook.catalogue)
    return Score(
        rulebook=rulebook,
        live=[judge(case, View.ALL, rulebook) for case in live],
        public=[judge(case, View.ALL, rulebook) for case in reported_cases(rulebook.catalogue)],
        removed=[removed(view, live, rulebook) for view in View if view is not View.ALL],
        records=records(folder),
        blind_spots=[(case.name, case.blind_spot) for case in public if case.blind_spot],
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
