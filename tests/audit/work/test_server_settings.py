from __future__ import annotations

from pathlib import Path

import pytest

from fastdiag.audit.server_settings import configured_workers, settings
from tests.audit.work.ground import written


def of(folder: Path, name: str, text: str) -> list[tuple[str, object, str]]:
    """Return the settings that one file makes: name, value, place."""
    return [(one.name, one.value, str(one.place)) for one in settings(written(folder, {name: text}))]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("Dockerfile", 'FROM x\nCMD ["uvicorn", "main:app", "--workers", "4"]\n', 2),
        ("Dockerfile", "FROM x\nCMD exec uvicorn main:app \\\n  --workers=4\n", 2),
        ("deploy/Containerfile", "ENTRYPOINT uvicorn main:app --workers 4", 1),
        ("Procfile", "web: uvicorn main:app --workers 4", 1),
        ("start.sh", "#!/bin/sh\nexec .venv/bin/uvicorn main:app --workers 4\n", 2),
        ("docker-compose.yml", "services:\n  web:\n    command: uvicorn main:app --workers 4\n", 3),
        ("compose.yaml", 'services:\n  web:\n    command: ["sh", "-c", "uvicorn main:app --workers 4"]\n', 3),
        ("supervisord.conf", "[program:web]\ncommand=uvicorn main:app --workers 4\n", 2),
    ],
)
def test_the_workers_of_a_start_command_are_found(tmp_path: Path, name: str, text: str, line: int) -> None:
    assert of(tmp_path, name, text) == [("uvicorn.workers", 4.0, f"{name}:{line}")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Dockerfile", "RUN pip install uvicorn --workers 4"),
        ("Dockerfile", "# CMD uvicorn main:app --workers 4"),
        ("start.sh", "# uvicorn main:app --workers 4"),
        ("start.sh", 'echo "uvicorn main:app --workers 4"'),
        ("tests/Dockerfile", "CMD uvicorn main:app --workers 4"),
        ("README.txt", "uvicorn main:app --workers 4"),
        ("start.sh", "uvicorn main:app && celery worker --workers 4"),
        ("docker-compose.yml", "services: [\n"),
    ],
)
def test_what_only_looks_like_a_start_command_is_none(tmp_path: Path, name: str, text: str) -> None:
    assert of(tmp_path, name, text) == []


def test_a_number_from_the_environment_is_unknown_and_its_text_is_kept(tmp_path: Path) -> None:
    project = written(tmp_path, {"Procfile": "web: gunicorn main:app -w ${WORKERS:-4} --timeout 30"})
    seen = [(one.name, one.value, one.text) for one in settings(project)]
    assert seen == [("gunicorn.workers", None, "${WORKERS:-4}"), ("gunicorn.timeout", 30.0, "30")]
    assert configured_workers(project) is None


def test_gunicorn_reads_a_python_file(tmp_path: Path) -> None:
    text = "import os\nworkers = 3\ntimeout = 60\nworkers_again = 5\nkeepalive = int(os.environ['K'])\n"
    assert of(tmp_path, "gunicorn.conf.py", text) == [
        ("gunicorn.workers", 3.0, "gunicorn.conf.py:2"),
        ("gunicorn.timeout", 60.0, "gunicorn.conf.py:3"),
        ("gunicorn.keepalive", None, "gunicorn.conf.py:5"),
    ]


def test_uvicorn_may_be_started_by_the_code(tmp_path: Path) -> None:
    text = 'import uvicorn\nif __name__ == "__main__":\n    uvicorn.run("main:app", workers=2, port=80)\n'
    assert of(tmp_path, "main.py", text) == [("uvicorn.workers", 2.0, "main.py:3")]


def test_of_several_numbers_of_workers_the_largest_counts(tmp_path: Path) -> None:
    files = {
        "Dockerfile": "CMD uvicorn main:app --workers 1",
        "Procfile": "web: uvicorn main:app --workers 8",
    }
    assert configured_workers(written(tmp_path, files)) == 8


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("web: uvicorn main:app --workers 4")
    inside = tmp_path / "inside"
    project = written(inside, {"main.py": "x = 1\n"})
    (inside / "Procfile").symlink_to(tmp_path / "outside")
    assert list(settings(project)) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Dockerfile", "ENV WEB_CONCURRENCY=4\nCMD uvicorn main:app\n"),
        ("Procfile", "web: WEB_CONCURRENCY=4 uvicorn main:app\n"),
    ],
)
def test_the_environment_may_say_how_many_workers_there_are(tmp_path: Path, name: str, text: str) -> None:
    assert of(tmp_path, name, text) == [("server.workers", 4.0, f"{name}:1")]


def test_a_queue_worker_is_started_with_settings_too(tmp_path: Path) -> None:
    text = "worker: celery -A jobs worker --concurrency 8 --prefetch-multiplier=1\n"
    assert of(tmp_path, "Procfile", text) == [
        ("celery.worker_concurrency", 8.0, "Procfile:1"),
        ("celery.worker_prefetch_multiplier", 1.0, "Procfile:1"),
    ]
