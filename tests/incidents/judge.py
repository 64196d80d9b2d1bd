"""What an answer must and must not say about an incident."""

from fastdiag.model.diagnosis import Status, Verdict
from tests.incidents.score.judged import Judged
from tests.incidents.views import View


def shortcomings(judged: Judged) -> list[str]:
    """Return what is wrong with an answer, in sentences; nothing, when it is as it must be.

    With all sources an injected cause must stand first, each be at least likely, and a healthy service must
    have no cause. With fewer sources fastdiag may know less, but must not be sure of what is not so.
    """
    wrong = _false_certainty(judged)
    if judged.case.is_healthy:
        return [*wrong, *_false_alarm(judged)]
    return [*wrong, *(_missed(judged) if judged.view is View.ALL else ())]


def _false_certainty(judged: Judged) -> list[str]:
    sure = judged.falsely_sure
    return [f"says `very likely` of what is not so: {', '.join(sure)}"] if sure else []


def _false_alarm(judged: Judged) -> list[str]:
    named = [f"names {cause.id} ({cause.verdict.words}) in a healthy service" for cause in judged.failures]
    status = [f"calls a healthy service {judged.diagnosis.status}"] if judged.is_false_alarm else []
    return [*named, *status] if judged.view is View.ALL else status


def _missed(judged: Judged) -> list[str]:
    listed = {cause.id: cause for cause in judged.failures}
    wrong = ["calls the service ok"] if judged.diagnosis.status is Status.OK else []
    for root in judged.case.truth.roots:
        if root not in listed:
            wrong.append(f"does not list {root}, the true cause")
        elif listed[root].verdict < Verdict.LIKELY:
            wrong.append(f"calls {root}, the true cause, only {listed[root].verdict.words}")
    if judged.first and not judged.is_first:
        wrong.append(f"ranks {judged.first.id} above the true cause")
    return wrong
