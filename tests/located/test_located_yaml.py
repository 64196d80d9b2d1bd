# ruff: noqa: E501 - an error is compared as users see it: one line
import pytest
from inline_snapshot import snapshot

from fastdiag.located.located_yaml import Listing, Scalar, Table, compose, meaning
from fastdiag.located.problems import Problems
from tests.rulebook.tables import faults, tree


def refused(text: str) -> str:
    problems = Problems()
    compose(text, "x.yaml", problems)
    return faults(problems)


def test_every_key_scalar_and_item_knows_its_line_and_column() -> None:
    table = tree("a: one\nb:\n  - two\n  - {c: three}\n")

    assert isinstance(table, Table)
    (a, one), (b, items) = table.entries
    assert (a.place.line, a.place.column) == (1, 1)
    assert str(one.place) == "x.yaml:1:4"
    assert str(b.place) == "x.yaml:2:1"
    assert isinstance(items, Listing)
    assert [str(item.place) for item in items.items] == ["x.yaml:3:5", "x.yaml:4:5"]


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("when: a.b >= 5", 7 + 4),
        ('when: "a.b >= 5"', 8 + 4),
        ("when: 'a.b >= 5'", 8 + 4),
        ("when: 'it''s >= 5'", 7),  # escapes shift columns: point at the text as a whole
        ("when: >\n  a.b >= 5", 7),
    ],
)
def test_a_place_inside_a_text_is_the_column_that_an_editor_shows(text: str, column: int) -> None:
    table = tree(text)

    assert isinstance(table, Table)
    value = table.entries[0][1]
    assert isinstance(value, Scalar)
    assert value.at(4).column == column


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("no", False),
        ("Yes", True),
        ("on", True),
        ("1:30", 90),
        ("010", 8),
        ("~", None),
        ("", None),
        ("0x_", "0x_"),
    ],
)
def test_the_surprises_of_yaml_are_known(text: str, read: object) -> None:
    table = tree(f"key: {text}\nquoted: '{text}'")

    assert isinstance(table, Table)
    plain, quoted = (value for _, value in table.entries)
    assert isinstance(plain, Scalar)
    assert isinstance(quoted, Scalar)
    assert meaning(plain) == read
    assert meaning(quoted) == text


def test_a_key_given_twice_is_refused_where_it_stands_again() -> None:
    assert refused("title: one\nwhy: two\ntitle: three\n") == snapshot(
        "x.yaml:3:1: 'title' is already given in line 1; only one can hold"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", snapshot("x.yaml:1:1: the file is empty")),
        ("# nothing but a comment\n", snapshot("x.yaml:1:1: the file is empty")),
        (
            "a:\n\tb: 1\n",
            snapshot("""\
x.yaml:2:1: this is not YAML: while scanning for the next token, found character that cannot start any token
  hint: indent with spaces, not tabs\
"""),
        ),
        (
            "why: slow: very\n",
            snapshot("""\
x.yaml:1:10: this is not YAML: mapping values are not allowed in this context
  hint: quote a text that contains ': '\
"""),
        ),
        (
            "a: [1, 2\nb: 3\n",
            snapshot("""\
x.yaml:2:2: this is not YAML: while parsing a flow sequence, did not find expected ',' or ']' (it begins in line 1)
  hint: a list that opens with [ ends with ], its items divided by commas\
"""),
        ),
        (
            "a: {b: 1\nc: 2\n",
            snapshot("""\
x.yaml:2:2: this is not YAML: while parsing a flow mapping, did not find expected ',' or '}' (it begins in line 1)
  hint: a mapping that opens with { ends with }, its entries divided by commas\
"""),
        ),
        (
            'a: "open\n',
            snapshot("""\
x.yaml:2:1: this is not YAML: while scanning a quoted scalar, found unexpected end of stream (it begins in line 1)
  hint: close the quote\
"""),
        ),
        (
            "when: > 5\n",
            snapshot("""\
x.yaml:1:9: this is not YAML: while scanning a block scalar, did not find expected comment or line break
  hint: quote a text that begins with > or |\
"""),
        ),
        (
            "a: %b\n",
            snapshot("""\
x.yaml:1:4: this is not YAML: while scanning for the next token, found character that cannot start any token
  hint: quote a text that begins with %\
"""),
        ),
        (
            "- a\nb: c\n",
            snapshot("""\
x.yaml:2:1: this is not YAML: while parsing a block collection, did not find expected '-' indicator (it begins in line 1)
  hint: the items of one list begin in the same column\
"""),
        ),
        ("a: 1\n---\nb: 2\n", snapshot("x.yaml:2:1: a second document starts here; a rule file holds one")),
        (
            "a: !!python/object:os.system x\n",
            snapshot(
                "x.yaml:1:4: rule files use no YAML tags, and here stands 'tag:yaml.org,2002:python/object:os.system'"
            ),
        ),
        (
            "{a: 1}: b\n",
            snapshot("""\
x.yaml:1:1: a key must be a word
  hint: quote a text that begins with { or [\
"""),
        ),
        ("a: *nobody\n", snapshot("x.yaml:1:4: *nobody repeats nothing that stands before it")),
        ("a: b\x07c\n", snapshot("x.yaml:1:5: control character '\\x07' is not allowed in YAML")),
        (
            "a: b\nc: \u2028d\n",
            snapshot("""\
x.yaml:2:4: '\\u2028' begins a new line in YAML, and in no editor
  hint: remove it\
"""),
        ),
    ],
)
def test_what_is_not_yaml_is_refused_with_its_place(text: str, said: str) -> None:
    assert refused(text) == said


def test_an_alias_repeats_a_value() -> None:
    table = tree("a: &x [1, 2]\nb: *x\n")

    assert isinstance(table, Table)
    assert table.entries[0][1] is table.entries[1][1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "a: &a [x, x]\nb: &b [*a, *a]\n",
            snapshot("x.yaml:2:8: *a stands inside a value that is itself repeated"),
        ),
        ("a: &a [*a]\n", snapshot("x.yaml:1:8: *a repeats nothing that stands before it")),
        (
            f"a: &a [{'x, ' * 1_000}]\nb: [{'*a, ' * 1_000}]\n",
            snapshot("x.yaml:2:197: the file holds more than 50,000 values"),
        ),
        ("[" * 100_000, snapshot("x.yaml:1:34: this is nested more than 32 levels deep")),
    ],
    ids=["repeats of repeats", "a value within itself", "much repeated often", "deeply nested"],
)
def test_a_small_file_cannot_grow_into_a_large_tree(text: str, said: str) -> None:
    assert refused(text) == said
