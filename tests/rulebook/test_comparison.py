# ruff: noqa: E501 - an error is compared as users see it: one line
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from fastdiag.model.quantity import Quantity, Unit
from fastdiag.model.rule import Comparison, Function, Operand, Operator, Parameter
from fastdiag.rulebook.comparison import Misread, parse_comparison, unit_of
from tests.rulebook.tables import WORDS

SAMPLES = {
    Unit.SECONDS: ("4s", "250ms", "1.5 min", "0"),
    Unit.RATIO: ("95%", "0.95", "120%", "-5%"),
    Unit.COUNT: ("0", "14", "2.5"),
    Unit.BYTES: ("512MiB", "1GB", "0"),
    Unit.PER_SECOND: ("12/s", "40"),
}
operands = st.builds(
    Operand,
    st.sampled_from(sorted(WORDS.units)),
    st.sampled_from([None, Function.WORST, Function.SPREAD, Function.BEFORE, Function.GROWTH]),
)
spaces = st.text(" \t\n", max_size=3)


@st.composite
def written(draw: st.DrawFn) -> str:
    """Write a comparison that is right, with any white space."""
    left, operator = draw(operands), draw(st.sampled_from(list(Operator)))
    unit = unit_of(left, WORDS)
    assert unit is not None
    like = [Operand(name) for name, other in WORDS.units.items() if other is unit and Operand(name) != left]
    right = draw(st.sampled_from([*SAMPLES[unit], *map(str, like)]))
    gap = [draw(spaces) for _ in range(4)]
    return f"{gap[0]}{left}{gap[1]}{operator}{gap[2]}{right}{gap[3]}"


def said(text: str) -> str:
    """Return the refusal under the text, the way an editor would show it."""
    with pytest.raises(Misread) as caught:
        parse_comparison(text, WORDS)
    hint = f" ({caught.value.hint})" if caught.value.hint else ""
    return f"{text}\n{' ' * caught.value.offset}^ {caught.value}{hint}"


@given(written())
def test_what_is_written_and_read_again_is_the_same(text: str) -> None:
    comparison = parse_comparison(text, WORDS)

    assert parse_comparison(str(comparison), WORDS) == comparison


def read_or_place(text: str) -> Comparison | int:
    """Return the comparison, or the offset at which it is refused."""
    try:
        return parse_comparison(text, WORDS)
    except Misread as misread:
        return misread.offset


@given(st.text() | st.text("<>=!$().%abdhloprst_ 0519-", max_size=30))
def test_any_text_is_read_or_refused_at_a_place_inside_it(text: str) -> None:
    outcome = read_or_place(text)

    assert isinstance(outcome, Comparison) or 0 <= outcome <= len(text)


@pytest.mark.parametrize(
    ("text", "comparison"),
    [
        (
            "db.pool.utilization >= 50%",
            Comparison(Operand("db.pool.utilization"), Operator.GE, Quantity(0.5, Unit.RATIO, "50%")),
        ),
        ("http.latency.p95>$slow", Comparison(Operand("http.latency.p95"), Operator.GT, Parameter("slow"))),
        (
            "db.pool.in_use == db.pool.size",
            Comparison(Operand("db.pool.in_use"), Operator.EQ, Operand("db.pool.size")),
        ),
        (
            "growth( http.rps ) < -0.5",
            Comparison(Operand("http.rps", Function.GROWTH), Operator.LT, Quantity(-0.5, Unit.RATIO, "-0.5")),
        ),
        (
            "http.latency.p95 > before(http.latency.p95)",
            Comparison(
                Operand("http.latency.p95"), Operator.GT, Operand("http.latency.p95", Function.BEFORE)
            ),
        ),
        (
            "pinned(db.pool.in_use)",
            Comparison(Operand("db.pool.in_use", Function.PINNED), Operator.GE, Quantity(1, Unit.RATIO, "1")),
        ),
    ],
)
def test_the_forms_of_a_comparison(text: str, comparison: Comparison) -> None:
    assert parse_comparison(text, WORDS) == comparison


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("db.pool.utilization >= 95%", "  db.pool.utilization>=0.95 "),
        ("db.pool.utilization >= 7%", "db.pool.utilization >= 0.07"),
        ("http.latency.p95 > 1s", "http.latency.p95 > 1000ms"),
        ("http.rps > 12", "http.rps > 12/s"),
        ("pinned(db.pool.in_use)", "pinned( db.pool.in_use ) >= 1"),
    ],
)
def test_two_spellings_of_one_threshold_are_one_finding(one: str, other: str) -> None:
    assert parse_comparison(one, WORDS).key == parse_comparison(other, WORDS).key


def test_other_thresholds_are_other_findings() -> None:
    texts = [
        "http.latency.p95 > 1s",
        "http.latency.p95 >= 1s",
        "http.latency.p95 > 2s",
        "http.latency.p95 > $slow",
    ]

    assert len({parse_comparison(text, WORDS).key for text in texts}) == len(texts)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        (
            "db.pool.utilisation >= 95%",
            snapshot("""\
db.pool.utilisation >= 95%
^ unknown signal 'db.pool.utilisation' (did you mean 'db.pool.utilization'?)\
"""),
        ),
        (
            "worst(db.pool.utilisation) >= 95%",
            snapshot("""\
worst(db.pool.utilisation) >= 95%
      ^ unknown signal 'db.pool.utilisation' (did you mean 'db.pool.utilization'?)\
"""),
        ),
        (
            "http.latency.p95 > $slwo",
            snapshot("""\
http.latency.p95 > $slwo
                   ^ unknown parameter '$slwo' (did you mean '$slow'?)\
"""),
        ),
        (
            "http.latency.p95 => 4s",
            snapshot("""\
http.latency.p95 => 4s
                 ^ '=>' is not an operator (did you mean '>='?)\
"""),
        ),
        (
            "http.latency.p95 = 4s",
            snapshot("""\
http.latency.p95 = 4s
                 ^ '=' is not an operator (did you mean '=='?)\
"""),
        ),
        (
            "http.latency.p95 ≥ 4s",
            snapshot("""\
http.latency.p95 ≥ 4s
                 ^ '≥' is not an operator (did you mean '>='?)\
"""),
        ),
        (
            "http.latency.p95 !> 4s",
            snapshot("""\
http.latency.p95 !> 4s
                 ^ '!>' is not an operator (one of: >=, <=, ==, !=, >, <)\
"""),
        ),
        (
            "http.latency.p95 > 95%",
            snapshot("""\
http.latency.p95 > 95%
                   ^ 95% does not fit http.latency.p95, which is in seconds (write 4s or 250ms)\
"""),
        ),
        (
            "http.latency.p95 > 4",
            snapshot("""\
http.latency.p95 > 4
                   ^ 4 needs a unit: http.latency.p95 is in seconds (write 4s or 4ms)\
"""),
        ),
        (
            "db.pool.utilization > 95",
            snapshot("""\
db.pool.utilization > 95
                      ^ 95 needs a unit: db.pool.utilization is a ratio (write 95%, or 9500% if that is meant)\
"""),
        ),
        (
            "db.pool.in_use > 5s",
            snapshot("""\
db.pool.in_use > 5s
                 ^ 5s does not fit db.pool.in_use, which is a count (write a bare number, such as 40)\
"""),
        ),
        (
            "process.rss > 512",
            snapshot("""\
process.rss > 512
              ^ 512 needs a unit: process.rss is in bytes (write 512B, 512KiB or 512MiB)\
"""),
        ),
        (
            "growth(http.latency.p95) > 4s",
            snapshot("""\
growth(http.latency.p95) > 4s
                           ^ 4s does not fit growth(http.latency.p95), which is a ratio (write 95% or 0.95)\
"""),
        ),
        (
            "http.latency.p95 > $errors",
            snapshot("""\
http.latency.p95 > $errors
                   ^ 2% does not fit http.latency.p95, which is in seconds (write 4s or 250ms)\
"""),
        ),
        (
            "http.latency.p95 > 4 parsecs",
            snapshot("""\
http.latency.p95 > 4 parsecs
                   ^ 'parsecs' in '4 parsecs' is not a unit; known are us, ms, s, min, h, d, %, B, KiB, MiB, GiB, kB, MB, GB, /s\
"""),
        ),
        (
            "http.latency.p95 > 1:30",
            snapshot("""\
http.latency.p95 > 1:30
                   ^ '1:30' is not a number with a unit, such as 95%, 250ms, 4s, 512MiB or 40\
"""),
        ),
        (
            "http.latency.p95 > service.cpu",
            snapshot("""\
http.latency.p95 > service.cpu
                   ^ service.cpu is a ratio, and http.latency.p95 is in seconds\
"""),
        ),
        (
            "service.cpu > service.cpu",
            snapshot("""\
service.cpu > service.cpu
              ^ service.cpu is compared with itself\
"""),
        ),
        (
            "service.cpu > high",
            snapshot("""\
service.cpu > high
              ^ 'high' is neither a value, a $parameter nor a signal\
"""),
        ),
        (
            "service.cpu",
            snapshot("""\
service.cpu
^ 'service.cpu' compares nothing (a condition is `signal operator value`, such as `db.pool.utilization >= 95%`)\
"""),
        ),
        (
            "service.cpu > ",
            snapshot("""\
service.cpu > \n\
              ^ the value to compare with is missing (a condition is `signal operator value`, such as `db.pool.utilization >= 95%`)\
"""),
        ),
        (
            "> 5%",
            snapshot("""\
> 5%
^ a signal is missing here (a condition is `signal operator value`, such as `db.pool.utilization >= 95%`)\
"""),
        ),
        (
            "10% < service.cpu",
            snapshot("""\
10% < service.cpu
^ '10%' stands where a signal should (the signal comes first, then the value)\
"""),
        ),
        (
            "10% < service.cpu < 50%",
            snapshot("""\
10% < service.cpu < 50%
                  ^ this is more than one comparison (write each for itself: {all: [..., ...]})\
"""),
        ),
        (
            "service.cpu < 50% and http.rps > 5",
            snapshot("""\
service.cpu < 50% and http.rps > 5
                               ^ this is more than one comparison (write each for itself: {all: [..., ...]})\
"""),
        ),
        (
            "service.cpu < 50% or http.rps > 5",
            snapshot("""\
service.cpu < 50% or http.rps > 5
                              ^ this is more than one comparison (write each for itself: {any: [..., ...]})\
"""),
        ),
        (
            "wrost(service.cpu) > 50%",
            snapshot("""\
wrost(service.cpu) > 50%
^ unknown function 'wrost' (did you mean 'worst'?)\
"""),
        ),
        (
            "max(service.cpu) > 50%",
            snapshot("""\
max(service.cpu) > 50%
^ unknown function 'max' (one of: worst, spread, before, growth, pinned)\
"""),
        ),
        (
            "worst(growth(service.cpu)) > 50%",
            snapshot("""\
worst(growth(service.cpu)) > 50%
      ^ functions do not nest\
"""),
        ),
        (
            "worst(service.cpu > 50%",
            snapshot("""\
worst(service.cpu > 50%
^ the parentheses in 'worst(service.cpu' do not match\
"""),
        ),
        (
            "pinned(db.pool.in_use) > 5",
            snapshot("""\
pinned(db.pool.in_use) > 5
                       ^ pinned(...) holds or does not (write `pinned(db.pool.in_use)`, or {not: pinned(db.pool.in_use)})\
"""),
        ),
        (
            "worst(db.pool.in_use)",
            snapshot("""\
worst(db.pool.in_use)
^ 'worst(db.pool.in_use)' compares nothing (a condition is `signal operator value`, such as `db.pool.utilization >= 95%`)\
"""),
        ),
    ],
)
def test_a_comparison_that_makes_no_sense_is_refused_at_its_column(text: str, refusal: str) -> None:
    assert said(text) == refusal
