"""What an answer must and must not say about an incident."""

from tests.incidents.model import Answer, Incident, Sources

SURE_ENOUGH = ("likely", "very likely")


def shortcomings(incident: Incident, answer: Answer) -> list[str]:
    """Return what is wrong with an answer, in sentences; nothing, when it is as it must be.

    With all sources the true cause must stand first and be at least likely, and a healthy service must have
    no cause. With fewer sources fastdiag may know less, but must not be sure of something that is not so.
    """
    wrong = [_false_certainty(incident, answer)]
    if answer.sources is Sources.ALL:
        wrong += (
            _false_alarm(answer)
            if incident.cause is None
            else _missed(incident.cause, incident.also_true, answer)
        )
    return [sentence for sentence in wrong if sentence]


def _false_certainty(incident: Incident, answer: Answer) -> str:
    true = {incident.cause, *incident.consequences, *incident.also_true}
    sure = [cause.id for cause in answer.causes if cause.verdict == "very likely" and cause.id not in true]
    return f"says `very likely` of what is not so: {', '.join(sure)}" if sure else ""


def _false_alarm(answer: Answer) -> list[str]:
    named = [f"names {cause.id} ({cause.verdict}) in a healthy service" for cause in answer.causes]
    status = "" if answer.status in {"ok", "inconclusive"} else f"calls a healthy service {answer.status}"
    return [*named, status]


def _missed(cause: str, also_true: frozenset[str], answer: Answer) -> list[str]:
    rivals = [listed for listed in answer.causes if listed.id not in also_true]
    status = f"calls the service {answer.status}" if answer.status == "ok" else ""
    if not rivals or rivals[0].id != cause:
        rank = answer.rank_of(cause)
        place = "does not list" if rank is None else f"ranks #{rank}"
        return [f"{place} {cause}, the true cause", status]
    verdict = rivals[0].verdict
    return [status, "" if verdict in SURE_ENOUGH else f"calls {cause}, the true cause, only {verdict}"]
