"""Damaged source never stops the analysis: our own files, cut and mixed up the same way every time."""

import random
from pathlib import Path

import pytest

import fastdiag
from fastdiag.source.files import SourceFile, Tree
from fastdiag.source.project import Project, read_tree

SEEDS = range(12)
FILES = 10
WORDS = (
    "self", "None", "await ", "yield ", "*", "**", ":", "=", "(", ")", "[", "]", "lambda x: ", "async ",
    "\n", "    ", "class A(A):\n", "@", "super()", "x", "import ", "from . import *\n", "global x\n",
    "Annotated[", "type[", "'",
)  # fmt: skip


@pytest.fixture(scope="module")
def texts() -> list[str]:
    package = Path(fastdiag.__file__).parent / "source"
    return [path.read_text()[:6_000] for path in sorted(package.glob("*.py"))]


@pytest.mark.parametrize("seed", SEEDS)
def test_damaged_files_are_read_or_told(seed: int, texts: list[str]) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same damage every time
    files = tuple(
        SourceFile(
            name=f"{chance.choice(('', 'a/', 'a/b/'))}m{number}.py", text=_damaged(text, chance), digest="0"
        )
        for number, text in enumerate(chance.choices(texts, k=FILES))
    )
    project = read_tree(Tree(folder=Path("nowhere"), files=files, unread=()))
    _ask_everything(project)
    assert len(project.modules) + len(project.unread) == FILES


def _damaged(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    for _ in range(chance.randint(0, 2)):
        at = chance.randrange(len(lines))
        cut = chance.randint(0, len(lines[at]))
        match chance.randrange(4):
            case 0:
                lines.insert(at, chance.choice(lines))
            case 1:
                lines[at] = lines[at][:cut] + chance.choice(WORDS) + lines[at][cut:]
            case 2:
                lines[at] = lines[at].replace("self", chance.choice(WORDS), 1)
            case _:
                lines[at] = ""
    return "\n".join(lines)


def _ask_everything(project: Project) -> None:
    for call in project.calls:
        project.targets(call)
        for argument in call.node.args:
            project.constant(argument, call.within or call.module)
            project.value(argument, call.within or call.module)
    for cls in project.classes.values():
        for name in cls.methods:
            project.attribute_of(cls, name)
    for function in project.functions.values():
        project.callers(function)
