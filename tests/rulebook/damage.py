"""Rule files and conditions of the table, damaged at random; the same seed gives the same damage.

The damage knows what hurts readers of YAML: tags, anchors and aliases, nesting, numbers of any size, control
characters, halves of files.
"""

import random
import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from fastdiag.model.rule import comparisons
from fastdiag.rulebook.folders import builtin_rules
from fastdiag.rulebook.load import load_rulebook

TOKENS: Final = (
    "!!python/object/apply:os.system [touch /fastdiag-was-here]",
    "!!python/name:os.system",
    "!!binary aGk=",
    "&a ",
    "*a",
    "<<: *a",
    "&a [*a]",
    "? ",
    "- ",
    ": ",
    "#",
    "---",
    "...",
    "%YAML 1.2",
    "|",
    ">-",
    "'",
    '"',
    "[" * 40,
    "{" * 40,
    "{a: " * 40,
    "- " * 40,
    "]",
    "}",
    ",",
    "\t",
    "\x00",
    "\x1b[2J",
    "\x85",
    "\u2028",
    "\ufeff",
    "\u202e",
    "\ud800"[:0],
    "é",
    "\U0001f525",
    "~",
    "null",
    "yes",
    "no",
    "true",
    "1:30",
    "010",
    "0x_",
    "1_000",
    "1e309",
    "-1e-400",
    "." + "9" * 400,
    "9" * 400,
    "NaN",
    ".inf",
    "95 %",
    "95%%",
    "4sec",
    "$slow",
    "$",
    "$nothing",
    ">= 95%",
    "=>",
    "==",
    "<",
    "and",
    "or",
    "not",
    "worst(",
    ")",
    "pinned(x)",
    "growth(growth(x))",
    "db.pool.utilization",
    "http.latency.p95 > 1s",
    "a" * 5000,
    "schema: 2",
    "replaces: x",
)  # fmt: skip - words
CONDITION_WORDS: Final = (
    *TOKENS[-18:],
    " ",
    ">",
    "<=",
    "!=",
    "≥",
    "1",
    "95%",
    "250ms",
    "12/s",
    "512MiB",
    "-0",
    "+1e3",
    "()",
    "spread(",
    "before(",
    "service.cpu",
    "workers.count",
    "db.connections.usable",
)  # fmt: skip - words
MAX_DEPTH: Final = 60


@dataclass(frozen=True, slots=True)
class Case:
    """A damaged text, and what kind of file it is (`condition` for the text of one)."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Seed:
    """An undamaged text."""

    kind: str
    text: str


@cache
def seeds() -> tuple[Seed, ...]:
    """Return the files of the table."""
    folder = builtin_rules()
    listed = [("causes", path) for path in sorted((folder / "causes").glob("*.yaml"))]
    listed += [("signals", path) for path in sorted((folder / "signals").glob("*.yaml"))]
    listed += [(name, folder / f"{name}.yaml") for name in ("parameters", "symptoms", "limits", "alerts")]
    return tuple(Seed(kind, path.read_text(encoding="utf-8")) for kind, path in listed)


@cache
def conditions() -> tuple[str, ...]:
    """Return the comparisons of the table."""
    book = load_rulebook(builtin_rules())
    whens = [row.when for cause in book.causes for row in (*cause.supports, *cause.contradicts)]
    return tuple({one.text: None for when in whens for one in comparisons(when)})


def cases(seed: int, files: int, texts: int) -> Iterator[Case]:
    """Yield damaged files and damaged conditions, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, and no secret
    for _ in range(files):
        start = chance.choice(seeds())
        yield Case(start.kind, _damaged(_excerpt(start.text, chance), TOKENS, chance))
    for _ in range(texts):
        yield Case("condition", _condition(chance, chance.randrange(4)))


def _excerpt(text: str, chance: random.Random) -> str:
    """Return a file whole, or its beginning: damage late in a long file costs the more."""
    lines = text.splitlines(keepends=True)
    return "".join(lines[: chance.choice((12, 25, 40, len(lines)))])


def _damaged(text: str, tokens: Sequence[str], chance: random.Random) -> str:
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        text = chance.choice(WAYS)(text, tokens, chance)
    return text


def _insert(text: str, tokens: Sequence[str], chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(tokens) + text[at:]


def _cut(text: str, _: Sequence[str], chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + text[at + chance.choice((1, 1, 2, 10, 200)) :]


def _end(text: str, _: Sequence[str], chance: random.Random) -> str:
    return text[: chance.randrange(len(text) + 1)]


def _character(text: str, _: Sequence[str], chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(string.printable) + text[at + 1 :]


def _repeat(text: str, _: Sequence[str], chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    piece = text[at : at + chance.choice((1, 20, 300))]
    return text[:at] + piece * chance.choice((2, 3, 50)) + text[at:]


def _value(text: str, tokens: Sequence[str], chance: random.Random) -> str:
    """Put something else for a value."""
    lines = text.splitlines(keepends=True) or [""]
    at = chance.randrange(len(lines))
    key, colon, _ = lines[at].partition(":")
    lines[at] = f"{key}{colon} {chance.choice(tokens)}\n"
    return "".join(lines)


def _indent(text: str, _: Sequence[str], chance: random.Random) -> str:
    lines = text.splitlines(keepends=True) or [""]
    at = chance.randrange(len(lines))
    lines[at] = " " * chance.randrange(9) + lines[at].lstrip(" ")
    return "".join(lines)


def _swap(text: str, _: Sequence[str], chance: random.Random) -> str:
    lines = text.splitlines(keepends=True) or [""]
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "".join(lines)


Way = Callable[[str, Sequence[str], random.Random], str]
WAYS: Final[tuple[Way, ...]] = (_insert, _insert, _cut, _end, _character, _repeat, _value, _indent, _swap)


def _condition(chance: random.Random, depth: int) -> str:
    """Return a condition in YAML: nested a few times, now and then far too deep, and damaged."""
    if chance.random() < 0.002:  # seldom: each costs as much as a thousand others
        return "{not: " * MAX_DEPTH + "x" + "}" * MAX_DEPTH
    if depth and chance.random() < 0.4:
        parts = ", ".join(_condition(chance, depth - 1) for _ in range(chance.randrange(4)))
        return f"{{{chance.choice(('all', 'any', 'not', 'every'))}: [{parts}]}}"
    text = _damaged(chance.choice(conditions()), CONDITION_WORDS, chance)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' if chance.random() < 0.7 else text
