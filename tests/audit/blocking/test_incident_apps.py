"""The services of the incident bench: the faults that block their loops are found, and nothing else."""

from __future__ import annotations

from pathlib import Path

from tests.audit.blocking.bench import findings

APPS = Path(__file__).parents[2] / "incidents" / "apps"


def test_what_blocks_in_the_incidents_is_found_in_their_code() -> None:
    found = {(one.place.file, one.sink) for one in findings(APPS, {})}
    assert found == {
        ("orders.py", "requests.get"),
        ("orders.py", "hashlib.scrypt"),
        ("invoicing.py", "pathlib.Path.open"),
        ("invoicing.py", "fcntl.flock"),
        ("invoicing.py", "psycopg.connect"),
        ("invoicing.py", "psycopg.Connection.execute"),
    }
