"""A share of the damaged rule files; `python -m tests.benchmarks.fuzz` tries a hundred thousand."""

from fastdiag.located.located_yaml import compose
from fastdiag.located.problems import Problems
from tests.rulebook.damage import cases
from tests.rulebook.fuzz import Watch, complaint, outcome

FILES, TEXTS = 1_000, 4_000


def test_whatever_is_damaged_ends_in_a_located_fault_or_a_valid_definition() -> None:
    list(map(complaint, cases(0, 20, 20)))  # what is imported at first use is
    damaged = list(cases(1, FILES, TEXTS))
    with Watch() as watch:
        wrong = [(why, case) for case in damaged if (why := complaint(case))]

    assert wrong == []
    assert watch.seen == []


def test_the_damage_does_damage_and_not_always() -> None:
    read = [outcome(case)[0] for case in cases(2, 100, 400)]
    assert 0.1 < sum(read) / len(read) < 0.9


def test_bombs_end_at_a_bound() -> None:
    laughs = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{now}: &{now} [{', '.join([f'*{before}'] * 9)}]\n"
        for before, now in zip("abcdefgh", "bcdefghi", strict=True)
    )
    for bomb in (laughs, "[" * 100_000, "{a: " * 10_000, "- " * 10_000, "&a [*a]", "x: " + "9" * 500_000):
        problems = Problems()
        tree = compose(bomb, "bomb.yaml", problems)
        assert problems.found or tree is not None
