"""rules/causes/*.yaml: everything about one cause, in a file that bears its name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fastdiag.located.fields import Fields, Shape
from fastdiag.located.located_yaml import Node
from fastdiag.located.problems import Problems
from fastdiag.located.readers import read_flag
from fastdiag.model.rule import Cause, Check, Evidence, Fix, Kind, Layer, Weight
from fastdiag.rulebook.condition import read_condition
from fastdiag.rulebook.folders import Document, Folder
from fastdiag.rulebook.renames import Renames
from fastdiag.rulebook.rows import ID
from fastdiag.rulebook.situations import read_examples
from fastdiag.rulebook.vocabulary import Names, Vocabulary

CAUSE: Final = Shape(
    "a cause",
    ("id", "title", "explains", "assumption", "why", "evidence"),
    (
        "kind",
        "replaces",
        "driven_by",
        "distorts",
        "layer",
        "mechanisms",
        "unproven",
        "check",
        "fix",
        "references",
        "examples",
    ),
)
EVIDENCE: Final = Shape("'evidence'", ("for",), ("against",))
ROW: Final = Shape("a row of evidence", ("when", "weight", "because"))
ID_HINT: Final = "an id is like db-pool-exhaustion"
CHECK: Final = Shape("a check", ("run", "look_for"))
FIX: Final = Shape("'fix'", ("now", "then", "avoid"))


def cause_files(folders: Iterable[Folder], renames: Renames) -> dict[str, Document]:
    """Return the files by cause, sorted by id; those of later folders replace earlier ones."""
    files: dict[str, Document] = {}
    for folder in folders:
        own = {document.stem: document for document in folder.causes}
        replaced = renames.read({name: document.tree for name, document in own.items()})
        files = {name: document for name, document in files.items() if name not in replaced} | own
    return dict(sorted(files.items()))


def read_cause(document: Document, names: Names, problems: Problems) -> Cause:
    """Return the cause that a file describes."""
    fields = Fields(document.tree, CAUSE, problems)
    _check_id(document, fields)
    evidence = Fields(given, EVIDENCE, problems) if (given := fields.get("evidence")) else None
    return Cause(
        id=document.stem,
        title=fields.text("title"),
        kind=Kind(fields.word("kind", list(Kind)) or Kind.FAILURE),
        explains=names.symptoms_in(fields.get("explains"), "'explains'", problems),
        driven_by=names.causes_in(fields.get("driven_by"), "'driven_by'", problems),
        distorts=names.vocabulary.signals(fields.get("distorts"), "'distorts'", problems),
        layer=Layer(layer) if (layer := fields.word("layer", list(Layer))) else None,
        mechanisms=tuple(text.text for text in fields.texts("mechanisms")),
        unproven=bool(fields.read("unproven", read_flag)),
        assumption=fields.text("assumption"),
        why=fields.text("why"),
        supports=_rows(evidence, "for", names.vocabulary),
        contradicts=_rows(evidence, "against", names.vocabulary),
        check=tuple(_check(node, problems) for node in fields.items("check")),
        fix=_fix(fields.get("fix"), problems),
        references=tuple(text.text for text in fields.texts("references")),
        examples=read_examples(fields.items("examples"), names, problems),
        where=str(document.tree.place),
    )


def _check_id(document: Document, fields: Fields) -> None:
    name, node = fields.text("id"), fields.get("id")
    if node and name and name != document.stem:
        hint = f"a cause's file bears its name: write {document.stem!r}, or rename the file"
        fields.problems.note(node.place, f"the id is {name!r}, and the file is {document.stem}.yaml", hint)
    elif node and name and not ID.fullmatch(name):
        fields.problems.note(node.place, f"{name!r} cannot be an id", ID_HINT)


def _rows(evidence: Fields | None, key: str, vocabulary: Vocabulary) -> tuple[Evidence, ...]:
    if evidence is None:
        return ()
    rows = [_row(node, vocabulary, evidence.problems) for node in evidence.items(key)]
    return tuple(row for row in rows if row is not None)


def _row(node: Node, vocabulary: Vocabulary, problems: Problems) -> Evidence | None:
    fields = Fields(node, ROW, problems)
    when = fields.get("when")
    condition = read_condition(when, "'when'", vocabulary, problems) if when else None
    weight = fields.word("weight", list(Weight))
    because = fields.text("because")
    if condition is None or weight is None:
        return None
    return Evidence(when=condition, weight=Weight(weight), because=because, where=str(node.place))


def _check(node: Node, problems: Problems) -> Check:
    fields = Fields(node, CHECK, problems)
    return Check(run=fields.text("run"), look_for=fields.text("look_for"))


def _fix(node: Node | None, problems: Problems) -> Fix | None:
    if node is None:
        return None
    fields = Fields(node, FIX, problems)
    return Fix(now=fields.text("now"), then=fields.text("then"), avoid=fields.text("avoid"))
