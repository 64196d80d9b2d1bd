"""What people install: the wheel and the sdist, in an environment of their own, outside the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from fastdiag import __version__
from tests.cli.command import DRAINED, environment, written

REPOSITORY: Final = Path(__file__).parents[1]
SHIPPED: Final = ("fastdiag", "rules", "tests", "README.md", "LICENSE", "pyproject.toml")
BUILD_LIMIT_S: Final = 300
CACHES: Final = ("__pycache__", ".pyc", "_cache/", ".hypothesis", ".venv", ".coverage", ".git/")


def run(
    *command: str | Path, cwd: Path, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*map(str, command)],
        cwd=cwd,
        env=environment(environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=BUILD_LIMIT_S,
    )


def succeeded(*command: str | Path, cwd: Path) -> str:
    """Run a command that must succeed, with this user's own settings of pip (an index, a proxy)."""
    kept = {
        name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "HTTP", "SSL_"))
    }
    done = run(*command, cwd=cwd, environ=kept)
    if done.returncode and "No matching distribution" in done.stderr:
        pytest.skip(f"no package index can be reached: {done.stderr.splitlines()[-1]}")
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what a release is made of, with the caches of a tree in which people work."""
    place = tmp_path_factory.mktemp("checkout")
    for name in SHIPPED:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, place / name)
    for cache in (
        "fastdiag/__pycache__/x.cpython-311.pyc",
        "rules/.DS_Store",
        "tests/.hypothesis/x",
        "dist/old.whl",
    ):
        (place / cache).parent.mkdir(parents=True, exist_ok=True)
        (place / cache).write_text("")
    shutil.copy2(REPOSITORY / ".gitignore", place)
    return place


@pytest.fixture(scope="module")
def sdist(checkout: Path) -> Path:
    build = "from hatchling.build import build_sdist; print(build_sdist('out'))"
    return checkout / "out" / _built(build, checkout)


@pytest.fixture(scope="module")
def wheel(checkout: Path) -> Path:
    build = "from hatchling.build import build_wheel; print(build_wheel('out'))"
    return checkout / "out" / _built(build, checkout)


def _built(program: str, checkout: Path) -> str:
    builder = checkout.parent / "builder"
    python = builder / "bin" / "python"
    if not python.exists():
        venv.create(builder, with_pip=True)
        succeeded(python, "-m", "pip", "install", "--quiet", "hatchling", cwd=checkout)
    (checkout / "out").mkdir(exist_ok=True)
    return succeeded(python, "-c", program, cwd=checkout).strip()


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel as a user does; return the folder of the commands."""
    place = tmp_path_factory.mktemp("installed")
    venv.create(place, with_pip=True)
    commands = place / ("Scripts" if sys.platform == "win32" else "bin")
    succeeded(commands / "python", "-m", "pip", "install", "--quiet", wheel, cwd=place)
    return commands


def test_the_wheel_holds_the_package_and_its_rules(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    files = (path for kind in ("*.yaml", "*.json") for path in (REPOSITORY / "rules").rglob(kind))
    rules = {str(path.relative_to(REPOSITORY / "rules")) for path in files}
    shipped = {name.removeprefix("fastdiag/_rules/") for name in names if name.startswith("fastdiag/_rules/")}
    assert rules <= shipped
    assert {name.split("/")[0] for name in names} == {"fastdiag", f"fastdiag-{__version__}.dist-info"}
    assert f"fastdiag-{__version__}.dist-info/licenses/LICENSE" in names
    assert any(name.endswith(".sql") for name in names)
    assert [name for name in names if any(cache in f"{name}/" for cache in CACHES)] == []
    assert shipped - rules <= {"README.md"}


def test_the_sdist_holds_what_it_should_and_no_caches(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    assert {name.split("/")[0] for name in names} == {*SHIPPED, "PKG-INFO", ".gitignore"}
    assert {"fastdiag/__main__.py", "rules/symptoms.yaml", "tests/run", "tests/test_package.py"} <= set(names)
    assert [name for name in names if any(cache in f"{name}/" for cache in CACHES)] == []


def test_the_wheel_works_outside_the_repository(installed: Path, tmp_path: Path) -> None:
    command = installed / "fastdiag"
    version = run(command, "--version", cwd=tmp_path)
    assert (version.returncode, version.stdout, version.stderr) == (0, f"fastdiag {__version__}\n", "")
    explained = run(command, "explain", "db-pool-exhaustion", cwd=tmp_path)
    assert (explained.returncode, explained.stderr) == (0, "")
    assert explained.stdout.startswith("The database connection pool is exhausted  (db-pool-exhaustion)\n")
    diagnosed = run(command, "diagnose", written(tmp_path, DRAINED), cwd=tmp_path)
    assert (diagnosed.returncode, diagnosed.stderr) == (0, "")
    assert diagnosed.stdout.startswith("CRITICAL  ")


def test_wrong_use_is_understood_with_nothing_but_the_declared_dependencies(
    installed: Path, tmp_path: Path
) -> None:
    wrong = run(installed / "fastdiag", "snapshot", "--promethus", "x", cwd=tmp_path)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "did you mean '--prometheus'?" in wrong.stderr


def test_every_source_finds_its_client(installed: Path, tmp_path: Path) -> None:
    nobody = ("--app-url", "http://127.0.0.1:9", "--prometheus", "http://127.0.0.1:9")
    asked = (*nobody, "--postgres", "postgresql://127.0.0.1:9/x", "--deadline", "3s")
    looked = run(installed / "fastdiag", "snapshot", *asked, cwd=tmp_path)
    assert looked.returncode in {0, 3}
    assert "ModuleNotFoundError" not in looked.stdout
    assert "defect" not in looked.stdout


def test_the_demo_without_its_extra_says_how_to_get_it(installed: Path, tmp_path: Path) -> None:
    demo = run(installed / "fastdiag", "demo", cwd=tmp_path)
    assert (demo.returncode, demo.stdout) == (2, "")
    assert demo.stderr.startswith("error: the demo needs packages that are not installed: aiosqlite, fastapi")
    assert "hint: pip install 'fastdiag[demo]'" in demo.stderr
