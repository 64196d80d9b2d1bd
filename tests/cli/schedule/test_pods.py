"""What a pod has of the configuration, and what it cannot have."""

from __future__ import annotations

import yaml

from tests.cli.command import written
from tests.cli.conftest import Here
from tests.cli.schedule.kinds import IMAGE, container


def test_the_configuration_and_its_rules_go_into_the_config_map(here: Here) -> None:
    for folder in ("ops/ours", "typed"):
        (here.folder / folder / "causes").mkdir(parents=True)
        written(here.folder / folder / "causes", f"# {folder}\n", "cert-expired.yaml")
    text = "service: shop\nrules: [ops/ours]\nparameters: {slow: 300ms}\n"
    written(here.folder, text, "fastdiag.yaml")
    ran = here.run("schedule", "kubernetes", *IMAGE, "--rules", "typed")
    assert ran.code == 0, ran.err
    config, cron = yaml.safe_load_all(ran.out)
    [volume] = [
        one["configMap"]
        for one in cron["spec"]["jobTemplate"]["spec"]["template"]["spec"]["volumes"]
        if "configMap" in one
    ]
    assert {item["path"]: config["data"][item["key"]] for item in volume["items"]} == {
        "fastdiag.yaml": text,
        "ops/ours/causes/cert-expired.yaml": "# ops/ours\n",
        "rules/typed/causes/cert-expired.yaml": "# typed\n",
    }
    assert container(ran.out)["args"][:5] == [
        *("report", "--config", "/etc/fastdiag/fastdiag.yaml", "--rules", "/etc/fastdiag/rules/typed")
    ]


def test_rules_that_a_pod_cannot_have_are_refused(here: Here) -> None:
    for folder in ("a/ours", "b/ours"):
        (here.folder / folder).mkdir(parents=True)
        written(here.folder / folder, "[]\n", "symptoms.yaml")
    ran = here.run("schedule", "kubernetes", *IMAGE, "--rules", "a/ours", "--rules", "b/ours")
    assert ran.err.startswith("error: two files would be rules/ours/symptoms.yaml in the pod")
    written(here.folder / "a", "rules: [../b/ours]\n", "fastdiag.yaml")
    ran = here.run("schedule", "kubernetes", *IMAGE, "-c", "a/fastdiag.yaml")
    assert "does not lie beside a/fastdiag.yaml" in ran.err
    written(here.folder / "b" / "ours", f"# {'x' * 1_000_000}\n", "big.yaml")
    ran = here.run("schedule", "kubernetes", *IMAGE, "--rules", "b/ours")
    assert "and a ConfigMap holds" in ran.err


def test_a_history_that_would_end_with_its_pod_is_told(here: Here) -> None:
    told = "a history in a file would end with its pod"
    asked = ("schedule", "kubernetes", *IMAGE)
    assert told in here.run(*asked).out
    for kept in (("--history", "postgresql://db/fastdiag"), ("--no-history",), ("--claim", "fastdiag")):
        assert told not in here.run(*asked, *kept).out
    written(here.folder, "history: kept.sqlite\n", "fastdiag.yaml")
    assert "kept.sqlite cannot be written in a pod" in here.run(*asked).err


def test_an_address_of_this_machine_is_told_to_be_another_one_there(here: Here) -> None:
    asked = ("--prometheus", "http://127.0.0.1:9090", "--app-url", "http://shop.web.svc:8000")
    ran = here.run("schedule", "kubernetes", "--image", "a", *asked, "--cache", "redis://localhost/1")
    told = [line for line in ran.err.splitlines() if "is the pod itself there" in line]
    assert [line.split(":")[1].strip() for line in told] == ["prometheus", "cache 1"]
