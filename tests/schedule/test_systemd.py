"""The units: read by systemd itself, and hostile words in every place where one can be."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from fastdiag.model.schedule import Job, Rhythm, Variable
from fastdiag.schedule.systemd import units
from tests.schedule.jobs import HOSTILE, echoing, job, ran
from tests.stack.processes import MissingServerError

MAX_EXPOSURE = 3.0
"""Of ten, as `systemd-analyze security` counts it; a unit without hardening has 9.6."""


@pytest.fixture
def analyze() -> str:
    program = shutil.which("systemd-analyze")
    if program is None:
        raise MissingServerError("systemd-analyze is not installed (Debian: apt install systemd)")
    return program


def put(folder: Path, one: Job) -> list[str]:
    paths = []
    for file in units(one):
        (folder / file.name).write_text(file.text, encoding="utf-8")
        paths.append(str(folder / file.name))
    return paths


def setting(text: str, name: str) -> str:
    [value] = re.findall(rf"^{name}=(.*)$", text, re.MULTILINE)
    return str(value)


JOBS = {
    "plain": job(),
    "another user": job(user="daemon"),
    "root": job(user="root"),
    "daily": job(rhythm=Rhythm(every_min=1440, start_min=450, is_fixed=True)),
    "secrets": job(variables=(Variable(name="PGPASSWORD"), Variable(name="PGHOST", value="db"))),
    "writes": job(writes=(Path("/srv/www"), Path("/var/lib/fastdiag"))),
    "hostile": job(
        arguments=("report", *HOSTILE),
        about='100% "it\'s" \\ $HOME',
        variables=tuple(Variable(name=f"V{n}", value=text) for n, text in enumerate(HOSTILE)),
        writes=(Path('/srv/a b/"c"/50%/$d\\'),),
    ),
}


@pytest.mark.parametrize("name", JOBS)
def test_systemd_finds_nothing_wrong(name: str, analyze: str, tmp_path: Path) -> None:
    done = ran([analyze, "verify", "--man=no", *put(tmp_path, JOBS[name])])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_systemd_would_tell_if_something_were_wrong(analyze: str, tmp_path: Path) -> None:
    service, timer = put(tmp_path, job())
    text = Path(service).read_text()
    Path(service).write_text(text.replace("Type=oneshot", "Type=oneshot\nRuntimeMaxSec=10"))
    assert "RuntimeMaxSec= has no effect" in ran([analyze, "verify", "--man=no", service, timer]).stderr


@pytest.mark.parametrize("name", ["plain", "another user"])
def test_the_sandbox_is_tight(name: str, analyze: str, tmp_path: Path) -> None:
    service, _ = put(tmp_path, JOBS[name])
    limit = f"--threshold={round(MAX_EXPOSURE * 10)}"
    done = ran([analyze, "security", "--offline=true", "--no-pager", limit, service])
    assert done.returncode == 0, done.stdout


def test_every_argument_is_one_word_and_nothing_in_it_is_expanded(tmp_path: Path) -> None:
    program = echoing(tmp_path)
    service, _ = units(job(program=(str(program),), arguments=HOSTILE))
    first, *rest = words(setting(service.text, "ExecStart"))
    assert first == str(program)
    assert tuple(word.replace("$$", "$") for word in rest) == HOSTILE
    assert all("$" not in word.replace("$$", "") for word in rest)


def test_a_value_in_the_environment_is_what_it_is() -> None:
    service, _ = units(JOBS["hostile"])
    set_ = [words(line)[0] for line in re.findall(r"^Environment=(.*)$", service.text, re.MULTILINE)]
    assert set_ == [f"V{n}={text}" for n, text in enumerate(HOSTILE)]


def test_secrets_are_named_and_come_from_a_file_of_roots() -> None:
    service, _ = units(JOBS["secrets"])
    assert setting(service.text, "EnvironmentFile") == "/etc/fastdiag/fastdiag-shop.env"
    assert "# PGPASSWORD\n" in service.text
    assert setting(service.text, "Environment") == '"PGHOST=db"'


def test_nobody_special_runs_it_with_no_right_and_writes_nothing_but_its_state() -> None:
    service, _ = units(job())
    assert setting(service.text, "DynamicUser") == "yes"
    assert setting(service.text, "CapabilityBoundingSet") == ""
    assert setting(service.text, "ProtectSystem") == "strict"
    assert setting(service.text, "StateDirectory") == "fastdiag"
    assert "ReadWritePaths" not in service.text


def test_of_root_only_what_it_takes_to_look_remains() -> None:
    service, _ = units(JOBS["root"])
    assert "DynamicUser" not in service.text
    assert setting(service.text, "CapabilityBoundingSet") == "CAP_SYS_PTRACE CAP_DAC_READ_SEARCH"


def test_a_report_outside_its_state_opens_that_folder_and_no_other() -> None:
    service, _ = units(JOBS["writes"])
    assert setting(service.text, "ReadWritePaths") == '"/srv/www"'
    assert setting(service.text, "UMask") == "0022", "others are to read it"


@pytest.mark.parametrize(
    ("path", "home", "temporary"),
    [
        ("/etc/fastdiag/fastdiag.yaml", "yes", "yes"),
        ("/home/ops/fastdiag.yaml", "read-only", "yes"),
        ("/root/fastdiag.yaml", "read-only", "yes"),
        ("/tmp/fastdiag.yaml", "yes", "no"),  # noqa: S108 - a path as somebody may have it
    ],
)
def test_what_it_reads_stays_visible(path: str, home: str, temporary: str) -> None:
    service, _ = units(job(reads=(Path(path),)))
    assert (setting(service.text, "ProtectHome"), setting(service.text, "PrivateTmp")) == (home, temporary)


def test_machines_are_spread_unless_somebody_chose_the_moment() -> None:
    _, spread = units(job())
    _, chosen = units(JOBS["daily"])
    assert setting(spread.text, "RandomizedDelaySec") == "90"
    assert "Persistent" not in spread.text
    assert "RandomizedDelaySec" not in chosen.text
    assert setting(chosen.text, "Persistent") == "yes"


def words(line: str) -> list[str]:
    """Return the words of a line as systemd.syntax(7) and systemd.unit(5) say."""
    found = re.findall(r'"((?:[^"\\]|\\.)*)"|([^\s"]+)', line)
    return [bare or re.sub(r"\\(.)", r"\1", quoted).replace("%%", "%") for quoted, bare in found]
