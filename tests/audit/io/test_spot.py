from __future__ import annotations

from pathlib import Path

from fastdiag.audit import timeouts
from fastdiag.model.audit import Severity
from tests.audit.work.ground import found


def test_code_that_starts_with_the_service_counts_and_code_that_only_a_script_runs_does_not(
    tmp_path: Path,
) -> None:
    source = """
        from contextlib import asynccontextmanager
        import requests
        from celery import Celery
        from fastapi import FastAPI

        queue = Celery("shop")

        def at_start():
            requests.get("http://a")

        def while_imported():
            requests.get("http://b")

        def by_hand():
            requests.get("http://c")

        def below_itself(again):
            requests.get("http://d")
            below_itself(again)

        @queue.task
        def in_a_task():
            requests.get("http://e")

        @asynccontextmanager
        async def lifespan(app):
            at_start()
            yield

        app = FastAPI(lifespan=lifespan)
        while_imported()

        if __name__ == "__main__":
            by_hand()
    """
    severities = {one.place.line: one.severity for one in found(tmp_path, timeouts.check, source)}
    critical, note = Severity.CRITICAL, Severity.NOTE
    assert severities == {9: critical, 12: critical, 15: note, 18: note, 23: critical}
