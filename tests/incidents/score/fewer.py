"""What remains right when less can be seen: a section of SCORE.md, and EVIDENCE.md."""

from collections.abc import Sequence

from tests.incidents.score.items import ITEM_VIEWS, Ablation, Figures
from tests.incidents.score.removed import Removed
from tests.incidents.score.table import table
from tests.incidents.views import View


def removed_section(removed: Sequence[Removed]) -> list[str]:
    rows = [
        [
            one.view.words,
            one.first,
            one.podium,
            one.falsely_sure,
            one.false_alarms,
            one.strong_podium,
            one.weak_modest,
            one.taken_asked,
            one.weak_not_misled,
        ]
        for one in removed
    ]
    head = [
        "live, with",
        "first",
        "first three",
        "`very likely` of what is not so",
        "false alarms",
        "first three where a strong row was left",
        "elsewhere: asks for it, nothing above possible",
        "of these, where it had carried one: asks for it",
        "elsewhere: nothing untrue above possible",
    ]
    return [
        "## With sources removed",
        "",
        "Only incidents count in which the removed source had told something. What stands above possible",
        "elsewhere may be true all the same: one of two faults, or a consequence of them; the last column",
        "leaves that out. The one before it leaves out incidents without a strong row with all sources, too.",
        "",
        *table(head, rows),
    ]


def evidence_page(items: Sequence[Ablation]) -> str:
    """Return EVIDENCE.md."""
    lines = [
        "# What each item of live evidence changes",
        "",
        "Written by `python -m tests.incidents.score --items`; `tests/run --live` fails when it is stale.",
        "The same incidents, by a fastdiag that does not know how to obtain it: its signals are taken out of",
        "the recordings (tests/incidents/items.py). A case is named where its answer is worse for that (-),",
        "or better (+).",
        "",
    ]
    for view in ITEM_VIEWS:
        of_view = [one for one in items if one.replay.view is view]
        lines += table(_item_head(view), [_complete_row(of_view[0]), *map(_item_row, of_view)])
    return "\n".join([*lines, *_kept(items)]).rstrip() + "\n"


def _kept(items: Sequence[Ablation]) -> list[str]:
    """Say why an item stays that changes hardly an answer."""
    reasons = {one.replay.without.words: one.replay.without.stays for one in items if one.replay.without}
    return [
        "Items that change hardly an answer stay for a reason:",
        "",
        *(f"- {words}: {why}" for words, why in reasons.items() if why),
    ]


def _item_head(view: View) -> list[str]:
    return [
        f"{view.words}, without",
        "told something in",
        "first",
        "first three",
        "`very likely` and right, one fault",
        "false alarms",
        "Brier score",
        "changed",
    ]


def _complete_row(of_view: Ablation) -> list[object]:
    return ["nothing left out", "-", *_figures(Figures.of(of_view.complete)), "-"]


def _item_row(one: Ablation) -> list[object]:
    item = one.replay.without
    changed = [*(f"-{name}" for name in one.lost), *(f"+{name}" for name in one.gained)]
    return [
        item.words if item else "",
        one.shown,
        *_figures(Figures.of(one.without)),
        ", ".join(changed) or "none",
    ]


def _figures(figures: Figures) -> list[object]:
    return [
        figures.first,
        figures.podium,
        figures.sure,
        figures.false_alarms,
        f"{figures.brier:.4f}",
    ]
