"""The table of results says what was said, and what of it falls short."""

from tests.incidents.model import Answer, Confirmation, Outcome, RankedCause, Sources
from tests.incidents.registry import every_incident
from tests.incidents.report import markdown

INCIDENTS = {incident.name: incident for incident in every_incident()}


def outcome(name: str, *causes: RankedCause, status: str) -> Outcome:
    return Outcome(
        incident=INCIDENTS[name],
        confirmed=Confirmation(holds=True, measured="clients see p95 4.20 s"),
        manifested_after_s=7.6,
        answers={
            sources: Answer(sources=sources, status=status, causes=causes, seconds=5.44)
            for sources in Sources
        },
    )


def test_the_table_shows_first_cause_verdict_rank_and_time() -> None:
    first = RankedCause(rank=1, id="slow-queries", verdict="likely", probability=0.7)
    second = RankedCause(rank=2, id="db-pool-exhaustion", verdict="possible", probability=0.2)
    table = markdown([outcome("pool-drained", first, second, status="critical")])
    head, _, row = table.splitlines()[5:8]
    assert (
        head == "| incident | true cause | all sources | process table + PostgreSQL | process table alone |"
    )
    said = "slow-queries: likely (0.70), true cause #2, 5.4 s"
    assert row.split(" | ")[2:] == [
        f"{said} **falls short: ranks #2 db-pool-exhaustion, the true cause**",
        said,
        f"{said} |",
    ]
    assert "Confirmed 8 s after the fault: clients see p95 4.20 s." in table


def test_a_healthy_service_has_no_cause_in_the_table() -> None:
    row = markdown([outcome("healthy-steady", status="ok")]).splitlines()[7]
    assert row == "| healthy-steady | (healthy) |" + " no cause (ok), 5.4 s |" * 3


def test_an_incident_whose_fault_did_not_manifest_is_named() -> None:
    table = markdown([outcome("healthy-steady", status="ok")], ["pool-and-threads"])

    assert "Not judged, because the fault did not manifest: pool-and-threads." in table
