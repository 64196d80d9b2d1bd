"""The CronJob: valid by the schema of Kubernetes, and by what Pod Security calls restricted."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]  # it has none
import pytest
import yaml

from fastdiag.model.schedule import Embedded, Job, Pod, Variable
from fastdiag.schedule.kubernetes import manifest
from tests.schedule.jobs import HOSTILE, job

POD = Pod(image="registry.example.com/fastdiag:0.1")
HOSTILE_JOB = job(
    arguments=("report", *HOSTILE),
    about="it's {{ 100% }}: #1",
    variables=(
        *(Variable(name=f"V{n}", value=text) for n, text in enumerate(HOSTILE)),
        Variable(name="PGPASSWORD"),
    ),
)
SETTINGS = 'service: shop\npostgres: "postgresql://fastdiag:${PGPASSWORD}@db/shop"\n'
FULL = Pod(
    image="010",
    namespace="123",
    claim="on",
    time_zone="Europe/Berlin",
    files=(
        Embedded(path="fastdiag.yaml", text=SETTINGS),
        Embedded(path="rules/causes/cert expired.yaml", text="id: x\n\ttab, trailing blank \n"),
        Embedded(path="rules/signals/cert expired.yaml", text="---\n# another document?\n"),
    ),
)


def documents(one: Job, pod: Pod) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(manifest(one, pod)))


def pod_of(document: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = document["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return spec


@pytest.mark.parametrize(("one", "pod"), [(job(), POD), (HOSTILE_JOB, FULL)], ids=["plain", "hostile"])
def test_the_schema_of_kubernetes_takes_it_and_knows_every_field(one: Job, pod: Pod) -> None:
    for document in documents(one, pod):
        kubernetes_validate.validate(document, "1.30", strict=True)


def test_the_schema_would_tell_if_something_were_wrong() -> None:
    [document] = documents(job(), POD)
    pod_of(document)["readOnlyRootFilesystem"] = True
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(document, "1.30", strict=True)


def test_every_word_arrives_as_it_is() -> None:
    *_, document = documents(HOSTILE_JOB, FULL)
    [container] = pod_of(document)["containers"]
    environment = {one["name"]: one for one in container["env"]}
    known = {name: one["value"] for name, one in environment.items() if "value" in one}
    assert tuple(expanded(word, known) for word in container["args"][1:]) == HOSTILE
    assert tuple(expanded(known[f"V{n}"], known) for n in range(len(HOSTILE))) == HOSTILE
    assert (container["image"], document["metadata"]["namespace"]) == ("010", "123")


def test_secrets_are_referred_to() -> None:
    *_, document = documents(HOSTILE_JOB, POD)
    [container] = pod_of(document)["containers"]
    assert container["env"][-1] == {
        "name": "PGPASSWORD",
        "valueFrom": {"secretKeyRef": {"name": "fastdiag-shop", "key": "PGPASSWORD"}},
    }
    assert "kubectl create secret generic fastdiag-shop --from-env-file=" in manifest(HOSTILE_JOB, POD)


def test_the_configuration_lies_where_the_run_looks_for_it() -> None:
    config, document = documents(job(), FULL)
    spec = pod_of(document)
    [volume] = [one["configMap"] for one in spec["volumes"] if one["name"] == "config"]
    assert volume["name"] == config["metadata"]["name"]
    files = {item["path"]: config["data"][item["key"]] for item in volume["items"]}
    assert files == {file.path: file.text for file in FULL.files}
    assert all(re.fullmatch(r"[A-Za-z0-9._-]{1,253}", key) for key in config["data"])


def test_pod_security_calls_it_restricted() -> None:
    spec = pod_of(documents(job(), POD)[-1])
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    [container] = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {next(iter(volume.keys() - {"name"})) for volume in spec["volumes"]} == {"emptyDir"}
    assert not {"hostNetwork", "hostPID", "hostIPC", "serviceAccountName"} & spec.keys()
    assert spec["automountServiceAccountToken"] is False


def test_runs_do_not_overlap_and_none_hangs_for_ever() -> None:
    cron = documents(job(), POD)[-1]["spec"]
    assert cron["concurrencyPolicy"] == "Forbid"
    assert cron["jobTemplate"]["spec"]["activeDeadlineSeconds"] == 120
    assert cron["jobTemplate"]["spec"]["backoffLimit"] == 0
    [container] = pod_of(documents(job(), POD)[-1])["containers"]
    assert container["resources"].keys() == {"requests", "limits"}


def test_a_history_that_would_be_forgotten_is_told() -> None:
    assert "PersistentVolumeClaim with --claim" in manifest(job(), replace(POD, forgets=True))
    assert "--claim" not in manifest(job(), FULL)


def expanded(text: str, environment: dict[str, str]) -> str:
    """Return what the kubelet makes of an argument: $(NAME) is a variable, $$ one $."""
    return re.sub(
        r"\$\$|\$\((\w+)\)", lambda found: environment.get(found[1], found[0]) if found[1] else "$", text
    )
