"""Does the chart ask for what the agent needs, and for nothing else, and does Helm make of it what is kept?"""

import json
import re
import shutil
import subprocess
import sys

import pytest
from harness import chart, unit
from harness.agent import run
from harness.chart import CHART, EXAMPLES, container_of, objects_of, one, pod_of, template, text_of
from harness.paths import ROOT

pytestmark = pytest.mark.requires("yaml")
EVERY = pytest.mark.parametrize("example", EXAMPLES)
OPTIONAL = {"SYS_ADMIN"}


def needed() -> list[dict]:
    return run("linger", "doctor", "--caps", "--format", "json").json()["capabilities"]


@EVERY
def test_grants_exactly_what_doctor_says(example):
    for container in [container_of(example), one(example, "Pod")["spec"]["containers"][0]]:
        granted = container["securityContext"]["capabilities"]
        assert granted["drop"] == ["ALL"]
        extra = OPTIONAL if example == "monitoring" else set()
        assert [f"CAP_{name}" for name in granted["add"] if name not in extra] == [
            each["name"] for each in needed()]
        assert set(granted["add"]) >= extra


def test_says_which_call_needs_each():
    lines = [line.strip() for line in text_of("minimal").splitlines()]
    for each in needed():
        comment = lines[lines.index(f"- {each['name'].removeprefix('CAP_')}") - 1]
        calls = each["calls"].split(" of ")[0].split(":")[0].split(" below ")[0]
        assert comment.startswith(f"# {calls}"), comment


@EVERY
def test_is_confined(example):
    pod, context = pod_of(example), container_of(example)["securityContext"]
    assert (context["privileged"], context["allowPrivilegeEscalation"]) == (False, False)
    assert context["readOnlyRootFilesystem"] is True
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert (pod["hostPID"], pod["hostNetwork"], pod.get("hostIPC", False)) == (True, False, False)
    assert pod["automountServiceAccountToken"] is False
    assert one(example, "ServiceAccount")["automountServiceAccountToken"] is False
    assert not [each for each in objects_of(example) if "Role" in each["kind"]]
    mounts = {mount["name"]: mount for mount in container_of(example)["volumeMounts"]}
    for volume in pod["volumes"]:
        assert mounts[volume["name"]].get("readOnly", False) == ("emptyDir" not in volume), volume
    assert {volume["hostPath"]["path"] for volume in pod["volumes"] if "hostPath" in volume} == {
        "/sys/kernel/tracing", "/sys/fs/cgroup", "/var/log/pods"}


@EVERY
def test_closes_the_network_but_for_those_who_are_named(example):
    policy = one(example, "NetworkPolicy")["spec"]
    labels = one(example, "DaemonSet")["spec"]["template"]["metadata"]["labels"]
    assert policy["podSelector"]["matchLabels"].items() <= labels.items()
    assert (policy["policyTypes"], policy["egress"]) == (["Ingress", "Egress"], [])
    assert all(rule["from"] and rule["ports"] for rule in policy["ingress"])
    assert len(policy["ingress"]) == (0 if example == "minimal" else 1)


@EVERY
def test_is_asked_how_it_is(example):
    container = container_of(example)
    ports = {port["name"] for port in container["ports"]}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"] == {"path": "/healthz", "port": "metrics"}
    assert "metrics" in ports
    assert container["resources"]["limits"]["memory"] == "768Mi"


@EVERY
def test_listens_without_tls_for_scrapers_alone(example):
    args = container_of(example)["args"]
    listen = [args[i + 1] for i, word in enumerate(args) if word == "--listen"]
    assert listen[0].startswith("unix://")
    assert (len(listen) == 2) == ("--tls-cert" in args) == ("--tls-ca" in args)


@EVERY
def test_the_agent_takes_its_configuration(example, directory):
    file = directory / "linger.toml"
    file.write_text(one(example, "ConfigMap")["data"]["linger.toml"])
    done = run("linger", "servers", "--no-agent", "--config", file)
    assert done.status == 0, done.stderr


def test_alerts_and_dashboard_are_those_of_deploy():
    import yaml
    rules = yaml.safe_load((ROOT / "deploy" / "prometheus" / "linger.rules.yml").read_text())
    assert one("monitoring", "PrometheusRule")["spec"] == rules
    dashboard = next(each for each in objects_of("monitoring") if each["metadata"]["name"] == "linger-dashboard")
    assert json.loads(dashboard["data"]["linger.json"]) == json.loads(
        (ROOT / "deploy" / "grafana" / "linger.json").read_text())


def test_nothing_that_is_made_of_something_else_differs():
    done = subprocess.run([sys.executable, ROOT / "scripts" / "chart", "--check"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_is_of_the_same_version():
    version = re.search(r"project\(linger VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]
    text = (CHART / "Chart.yaml").read_text()
    assert f"\nversion: {version}\n" in text and f"\nappVersion: {version}\n" in text


def test_the_schema_knows_each_value_and_no_other():
    import yaml
    schema = json.loads((CHART / "values.schema.json").read_text())

    def compare(values: dict, of: dict, path: str):
        of = schema["definitions"][of["$ref"].split("/")[-1]] if "$ref" in of else of
        if "properties" not in of:
            return
        assert of["additionalProperties"] is False, path
        known = set(of["properties"]) - {"global"}
        assert set(values) <= known, path
        for key, below in values.items():
            if isinstance(below, dict):
                compare(below, of["properties"][key], f"{path}.{key}")
    compare(yaml.safe_load((CHART / "values.yaml").read_text()), schema, "values")
    assert set(schema["properties"]) - {"global"} == set(yaml.safe_load((CHART / "values.yaml").read_text()))


def test_the_seccomp_profile_allows_what_the_unit_does():
    rule, = json.loads((ROOT / "deploy" / "container" / "seccomp.json").read_text())["syscalls"]
    assert set(rule["names"]) == unit.system_calls()


@pytest.mark.requires("helm")
def test_helm_finds_nothing_to_complain_about():
    for example in EXAMPLES:
        done = chart.helm("lint", "--strict", CHART, "--values", CHART / "examples" / f"{example}.yaml",
                          "--kube-version", chart.KUBERNETES)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.requires("helm")
@EVERY
def test_helm_renders_what_is_kept(example):
    done = template("--values", CHART / "examples" / f"{example}.yaml")
    assert (done.returncode, done.stdout) == (0, text_of(example)), done.stderr


@pytest.mark.requires("helm")
@pytest.mark.parametrize("values, named", [
    ("nosuch=1", "nosuch"), ("image.nosuch=1", "nosuch"), ("metrics.port=0", "/metrics/port"),
    ("metrics.port=http", "/metrics/port"), ("escalate=everything", "/escalate"),
    ("image.digest=latest", "/image/digest"), ("seccompProfile.type=Unconfined", "/seccompProfile/type"),
    ("networkPolicy.metricsFrom[0].pods=x", "pods"), ("podLogs=var/log", "/podLogs"),
    ("grpc.enabled=true", "/grpc/tls"), ("grpc.tls.certManager.enabled=true", "issuerRef"),
    ("grpc.enabled=true,grpc.tls.existingSecret=a,grpc.tls.certManager.enabled=true,"
     "grpc.tls.certManager.issuerRef.name=b", "/grpc/tls"),
])
def test_helm_refuses_what_the_chart_does_not_know(values, named):
    done = template("--set", values)
    assert done.returncode != 0 and named in done.stderr, done.stderr


@pytest.mark.requires("helm")
def test_helm_names_the_first_three_commands(directory):
    """Helm shows NOTES.txt to who installs into a cluster, so that they go into an object here."""
    copy = directory / "linger"
    shutil.copytree(CHART, copy)
    (copy / "templates" / "NOTES.txt").rename(copy / "files" / "NOTES.txt")
    (copy / "templates" / "notes.yaml").write_text(
        'kind: Notes\ntext: {{ tpl (.Files.Get "files/NOTES.txt") . | quote }}\n')
    import yaml
    done = chart.helm("template", "linger", copy, "--namespace", "linger", "--kube-version", chart.KUBERNETES)
    notes = next(each["text"] for each in yaml.safe_load_all(done.stdout) if each["kind"] == "Notes")
    assert re.findall(r"kubectl --namespace linger (?:exec daemonset/linger -- /usr/bin/)?(\S+ \S+)", notes) == [
        "rollout status", "linger servers", "linger diagnose"]
    assert "Nobody may scrape yet" in notes
