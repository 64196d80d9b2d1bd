"""A CronJob, and the ConfigMap of its configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

import yaml

from fastdiag.model.schedule import Embedded, Job, Pod
from fastdiag.schedule.places import CONFIGURATION, STATE
from fastdiag.schedule.rhythm import crontab_fields

Manifest = dict[str, object]
USER_ID: Final = 65532
"""Of nobody in particular, as distroless images have it: it owns nothing."""
KEPT_S: Final = 86400
"""How long a finished job, and its log with the report, can be looked at."""
SCRATCH: Final = "64Mi"
STATE_SIZE: Final = "256Mi"
REQUESTS: Final = {"cpu": "100m", "memory": "128Mi"}
LIMITS: Final = {"cpu": "1", "memory": "512Mi"}
MAX_KEY_CHARS: Final = 200
"""Of 253 that a key of a ConfigMap may have."""
_MINUTE_S: Final = 60
_NO_KEY: Final = re.compile(r"[^A-Za-z0-9_.-]+")


class _Foreign(str):
    """A text that somebody else chose: always in quotes, whatever a reader of YAML takes it for."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Writes foreign texts in double quotes and texts of several lines as a block."""

    def ignore_aliases(self, data: object) -> bool:
        """Write everything out: people read this."""
        del data
        return True


def _as_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if isinstance(text, _Foreign) else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style=style)


_Dumper.add_representer(str, _as_text)
_Dumper.add_representer(_Foreign, _as_text)


def manifest(job: Job, pod: Pod) -> str:
    """Return the documents, the ConfigMap first, below comments that say what it takes."""
    documents = (*(_config_map(job, pod) if pod.files else ()), _cron_job(job, pod))
    texts = (yaml.dump(one, Dumper=_Dumper, sort_keys=False, width=100) for one in documents)
    return "".join((*(f"# {line}\n" for line in _comments(job, pod)), "---\n".join(texts)))


def _comments(job: Job, pod: Pod) -> Iterator[str]:
    yield f"Health report of {job.about}, by fastdiag. It needs no role in the cluster."
    if job.secret:
        namespace = f" -n {pod.namespace}" if pod.namespace else ""
        yield f"The Secret {job.name} is yours to make, from a file with a line NAME=value for each of"
        yield f"  {', '.join(job.secret)}"
        yield f"  kubectl create secret generic {job.name}{namespace} --from-env-file={job.name}.env"
    if pod.forgets:
        yield "It has no volume: a history in a file would end with its pod; name a PostgreSQL with --history"
        yield "or a PersistentVolumeClaim with --claim."


def _config_map(job: Job, pod: Pod) -> Iterator[Manifest]:
    yield {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": _metadata(job, pod),
        "data": {key: file.text for key, file in _keyed(pod.files)},
    }


def _keyed(files: Iterable[Embedded]) -> Iterator[tuple[str, Embedded]]:
    """Yield the files with keys that a ConfigMap takes, all different; the first one's is its own name."""
    for number, file in enumerate(files):
        name = _NO_KEY.sub("-", file.path.rpartition("/")[2])[-MAX_KEY_CHARS:]
        yield (f"{number}-{name}" if number else name), file


def _metadata(job: Job, pod: Pod) -> Manifest:
    named: Manifest = {"name": job.name}
    if pod.namespace:
        named["namespace"] = pod.namespace
    return {**named, "labels": _labels(job)}


def _labels(job: Job) -> dict[str, str]:
    return {"app.kubernetes.io/name": "fastdiag", "app.kubernetes.io/instance": job.name}


def _cron_job(job: Job, pod: Pod) -> Manifest:
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": _metadata(job, pod),
        "spec": {
            "schedule": crontab_fields(job.rhythm),
            "timeZone": _Foreign(pod.time_zone),
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": max(job.rhythm.every_min * _MINUTE_S // 2, 30),
            "successfulJobsHistoryLimit": 1,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {
                "metadata": {"labels": _labels(job)},
                "spec": {
                    "backoffLimit": 0,
                    "activeDeadlineSeconds": job.limit_s,
                    "ttlSecondsAfterFinished": KEPT_S,
                    "template": {"metadata": {"labels": _labels(job)}, "spec": _pod_spec(job, pod)},
                },
            },
        },
    }


def _pod_spec(job: Job, pod: Pod) -> Manifest:
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 10,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER_ID,
            "runAsGroup": USER_ID,
            "fsGroup": USER_ID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(job, pod)],
        "volumes": list(_volumes(job, pod)),
    }


def _container(job: Job, pod: Pod) -> Manifest:
    return {
        "name": "fastdiag",
        "image": _Foreign(pod.image),
        "command": [_argument(word) for word in job.program],
        "args": [_argument(word) for word in job.arguments],
        "env": list(_environment(job)),
        "resources": {"requests": REQUESTS, "limits": LIMITS},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            *([{"name": "config", "mountPath": CONFIGURATION, "readOnly": True}] if pod.files else []),
            {"name": "state", "mountPath": STATE},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - the pod's own
        ],
    }


def _environment(job: Job) -> Iterator[Manifest]:
    yield {"name": "STATE_DIRECTORY", "value": STATE}
    yield {"name": "HOME", "value": STATE}
    for one in job.variables:
        if one.value is None:
            yield {
                "name": one.name,
                "valueFrom": {"secretKeyRef": {"name": job.name, "key": one.name}},
            }
        else:
            yield {"name": one.name, "value": _argument(one.value)}


def _volumes(job: Job, pod: Pod) -> Iterator[Manifest]:
    if pod.files:
        items = [{"key": key, "path": file.path} for key, file in _keyed(pod.files)]
        yield {"name": "config", "configMap": {"name": job.name, "items": items}}
    if pod.claim:
        yield {"name": "state", "persistentVolumeClaim": {"claimName": pod.claim}}
    else:
        yield {"name": "state", "emptyDir": {"sizeLimit": STATE_SIZE}}
    yield {"name": "tmp", "emptyDir": {"sizeLimit": SCRATCH}}


def _argument(text: str) -> _Foreign:
    """Return a text in which the kubelet expands no $(NAME)."""
    return _Foreign(text.replace("$", "$$"))
