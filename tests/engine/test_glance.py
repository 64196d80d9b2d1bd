"""A glance says the same as the whole diagnosis, but for one word that it says it leaves out."""

from __future__ import annotations

import pytest

from fastdiag.engine.diagnose import diagnose
from fastdiag.engine.glance import glance
from fastdiag.model.diagnosis import Diagnosis, Verdict
from fastdiag.model.trial import Case
from fastdiag.trial import cases_of
from tests.engine.tables import builtin

BOOK = builtin()
SOME = cases_of(BOOK)[::15]


def verdicts(diagnosis: Diagnosis) -> dict[str, Verdict]:
    listed = {cause.id: cause.verdict for cause in diagnosis.causes}
    return listed | {other.id: other.verdict for other in diagnosis.others}


@pytest.mark.parametrize("case", SOME, ids=[case.label for case in SOME])
def test_a_glance_says_what_the_diagnosis_says(case: Case) -> None:
    whole = diagnose(case.snapshot, BOOK)
    quick = glance(case.snapshot, BOOK)
    assert quick.status is whole.status
    assert quick.ranking == tuple(cause.id for cause in whole.causes)
    assert quick.symptoms == tuple(symptom.id for symptom in whole.symptoms)
    assert quick.verdicts == {
        cause: min(verdict, Verdict.LIKELY) for cause, verdict in verdicts(whole).items()
    }


def test_in_full_it_tells_likely_from_very_likely() -> None:
    found = set()
    for case in SOME[::4]:
        whole = verdicts(diagnose(case.snapshot, BOOK))
        assert glance(case.snapshot, BOOK, in_full=True).verdicts == whole
        found |= set(whole.values())
    assert found >= {Verdict.VERY_LIKELY, Verdict.LIKELY}
