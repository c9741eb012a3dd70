"""Does the image work with what the chart gives it, on a server in another container, which Kubernetes could
have started? Podman starts both."""

import json
import re
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from harness import chart
from harness.agent import REFUSED
from harness.containers import SECCOMP, Podman
from harness.paths import WORKLOADS
from harness.pods import LOGS, POD, write_logs
from harness.report import number
from harness.requirements import PROBES
from services.processes import wait_until

pytestmark = pytest.mark.requires(*PROBES, "podman", "runc", "yaml", "gunicorn", "flask")

IMAGE = "localhost/linger"
MEMORY_BYTES = 300 << 20
REQUESTS = 12
# What it may do, less each in turn.
CAPABILITIES = chart.container_of("minimal")["securityContext"]["capabilities"]["add"] if not (
    chart.missing()) else []


@pytest.fixture(scope="module")
def podman(session_directory):
    directory = session_directory / "podman"
    directory.mkdir()
    with Podman(directory) as podman:
        podman.image = podman.build(IMAGE)
        tried = podman.run("tried", "--entrypoint", "/usr/bin/linger", IMAGE, "--version", detach=False, check=False)
        if tried.returncode in (125, 126):  # podman's own, and the runtime's
            pytest.skip(f"missing: a Podman that can run containers here: {tried.stderr.strip()}")
        yield podman


@pytest.fixture(scope="module")
def node(podman):
    """What a node has for a pod: its logs, and the file for its container's last words."""
    logs = podman.directory / "pod-logs"
    write_logs(logs)
    words = podman.directory / "pods" / POD / "containers" / "app" / "1f2e3d4c"
    words.parent.mkdir(parents=True)
    words.touch()
    return logs, words


@pytest.fixture(scope="module")
def gunicorn(podman, node):
    """Of a user of its own user namespace, with limits, where the kubelet would have put it."""
    podman.import_skeleton("localhost/skeleton")
    source = podman.directory / "srv"
    source.mkdir()
    shutil.copy(WORKLOADS / "waits.py", source)
    podman.directory.chmod(0o711)
    podman.run("gunicorn", "--read-only", "--tmpfs", "/tmp", "--memory", str(MEMORY_BYTES), "--cpus", "0.5",
               "--cgroup-parent", f"/kubepods/burstable/pod{POD}", "--uidmap", "0:200000:65536", "--gidmap",
               "0:200000:65536", "--user", "65534:65534", "--volume", "/usr:/usr:ro", "--volume",
               f"{source}:/srv:ro", "--volume", f"{node[1]}:/dev/termination-log", "--env", "PYTHONDONTWRITEBYTECODE=1",
               "--env", "PATH=/usr/bin", "localhost/skeleton", "/usr/bin/gunicorn", "--bind", "127.0.0.1:8000",
               "--workers", "2", "--chdir", "/srv", "waits:app")
    wait_until(lambda: "Booting worker" in podman.log_of("gunicorn"), 30, "Gunicorn runs")
    return podman.tgid_of("gunicorn")


def confined(*capabilities: str, logs: Path) -> list:
    """The chart's security context and its mounts of the node, as options of podman. RuntimeDefault of
    Debian's Podman wants CAP_SYS_ADMIN for bpf(2): deploy/container/seccomp.json takes its place."""
    context = chart.container_of("minimal")["securityContext"]
    assert context["readOnlyRootFilesystem"] and not context["allowPrivilegeEscalation"]
    paths = {volume["name"]: volume["hostPath"]["path"] for volume in chart.pod_of("minimal")["volumes"]
             if "hostPath" in volume}
    options = ["--pid", "host", "--cgroupns", "private", "--read-only", "--security-opt=no-new-privileges",
               "--security-opt", f"seccomp={SECCOMP}", "--user", f"{context['runAsUser']}:{context['runAsGroup']}",
               "--cap-drop", "all", *(f"--cap-add={name}" for name in capabilities)]
    for mount in chart.container_of("minimal")["volumeMounts"]:
        if mount["name"] in paths:
            path = logs if mount["name"] == "pod-logs" else paths[mount["name"]]
            options += ["--volume", f"{path}:{mount['mountPath']}:ro"]
    return options


@pytest.fixture(scope="module")
def agent(podman, node):
    """lingerd with the chart's arguments and configuration."""
    configuration = podman.directory / "linger.toml"
    configuration.write_text(chart.one("minimal", "ConfigMap")["data"]["linger.toml"])
    podman.run("agent", *confined(*CAPABILITIES, logs=node[0]), "--memory", "768m", "--tmpfs", "/run/linger",
               "--volume", f"{configuration}:/etc/linger/linger.toml:ro", IMAGE,
               *chart.container_of("minimal")["args"])
    wait_until(lambda: "metrics at" in podman.log_of("agent"), 30, "the agent works")
    return podman.tgid_of("agent")


def linger(podman, *arguments) -> dict:
    """As `kubectl exec` runs it, which asks the agent beside it."""
    return json.loads(podman.call("exec", "agent", "/usr/bin/linger", *arguments, "--format", "json").stdout)


def get(tgid: int, url: str) -> str:
    """Asked within the network namespace of a process."""
    return subprocess.run(["/usr/bin/nsenter", "--net", "--target", str(tgid), "/usr/bin/curl", "--silent",
                           "--show-error", "--fail", "--max-time", "10", url], check=True, capture_output=True,
                          text=True).stdout


def test_is_the_same_image_each_time(podman):
    assert podman.build("localhost/again") == podman.image


def test_holds_no_shell_and_no_tools(podman):
    files = podman.call("run", "--rm", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024", "--network",
                        "none", "--entrypoint", "/bin/sh", IMAGE, check=False)
    assert files.returncode == 127, "there is no shell"
    programs = podman.directory / f"{IMAGE}.programs" / "image"
    executable = {path.relative_to(programs).as_posix() for path in programs.rglob("*")
                  if path.is_file() and path.stat().st_mode & 0o111}
    assert executable == {"usr/bin/linger", "usr/sbin/lingerd", "lib64/ld-linux-x86-64.so.2"}
    assert not [path for path in programs.rglob("*") if path.is_file() and path.stat().st_mode & 0o6000]


def test_diagnoses_a_server_in_another_container(podman, agent, gunicorn):
    with ThreadPoolExecutor(1) as threads:
        diagnosis = threads.submit(linger, podman, "diagnose", "--pid", gunicorn, "--duration", "5s")
        time.sleep(1)
        for _ in range(REQUESTS):
            get(gunicorn, "http://127.0.0.1:8000/nap")
        report = diagnosis.result()
    server, = report["servers"]
    assert server["masterTgid"] == gunicorn and len(server["workers"]) == 2
    assert server["listen"] == ["127.0.0.1:8000"]
    assert (server["container"], server["containerRuntime"]) == (podman.id_of("gunicorn")[:12], "podman")
    assert server["pod"] == {"namespace": "shop", "name": LOGS[POD][0].split("_")[1], "uid": POD, "container": "app",
                             "workload": "web"}
    nap, = (each for each in report["endpoints"] if each["route"] == "/nap")
    assert number(nap, "requests") == REQUESTS
    site = max(nap["sites"], key=lambda site: number(site, "totalNs"))
    assert (site["cause"], site["code"].split(":")[0]) == ("sleep", "waits.py")


def test_tells_the_limits_that_podman_set(podman, agent, gunicorn):
    server, = linger(podman, "servers", "--pid", gunicorn)["servers"]
    for worker in server["workers"]:
        memory, cpu = worker["memory"]["limit"], worker["cpuLimit"]
        assert number(memory, "limitBytes") == MEMORY_BYTES
        assert 0 < number(memory, "usedBytes") < MEMORY_BYTES
        assert number(cpu, "quotaNs") / number(cpu, "periodNs") == 0.5
        assert podman.id_of("gunicorn") in memory["group"]


def test_answers_the_kubelet_and_scrapers(agent, gunicorn):
    probe = chart.container_of("minimal")["livenessProbe"]["httpGet"]
    port = chart.container_of("minimal")["ports"][0]["containerPort"]
    assert get(agent, f"http://127.0.0.1:{port}{probe['path']}") == "ok\n"
    page = get(agent, f"http://127.0.0.1:{port}/metrics")
    info = re.search(r"^linger_server_info\{.*pod_namespace=\"shop\".*\} 1$", page, re.MULTILINE)
    assert 'pod_name="web-7d9c5b8f6d-x2x4z"' in info[0] and 'workload="web"' in info[0]


def doctor(podman, logs: Path, *capabilities: str) -> tuple[int, dict]:
    done = podman.run("doctor", *confined(*capabilities, logs=logs), "--entrypoint", "/usr/bin/linger", IMAGE, "doctor",
                      "--format", "json", detach=False, check=False)
    return done.returncode, {each["name"]: each for each in json.loads(done.stdout)["features"]}


def test_doctor_misses_nothing_but_the_run_time_statistics(podman, node):
    status, features = doctor(podman, node[0], *CAPABILITIES)
    assert [name for name, each in features.items() if not each["available"]] == ["BPF run-time statistics"]
    assert status == 0


def test_doctor_names_the_system_calls_that_a_profile_keeps_from_it(podman, node):
    """Debian's Podman lets CAP_SYS_ADMIN alone call bpf(2)."""
    options = [each for each in confined(*CAPABILITIES, logs=node[0]) if not str(each).startswith("seccomp=")]
    options.remove("--security-opt")  # the profile's own
    done = podman.run("filtered", *options, "--entrypoint", "/usr/bin/linger", IMAGE, "doctor", detach=False, check=False)
    assert done.returncode == REFUSED
    assert re.search(r"^system calls +missing +bpf, perf_event_open refused by a filter$", done.stdout, re.MULTILINE)
    assert "deploy/container/seccomp.json" in done.stdout


@pytest.mark.parametrize("missing", CAPABILITIES)
def test_doctor_names_the_capability_that_is_missing(podman, node, missing):
    status, features = doctor(podman, node[0], *(name for name in CAPABILITIES if name != missing))
    assert [name for name, each in features.items() if name.startswith("CAP_") and not each["available"]] == [
        f"CAP_{missing}"]
    assert (status != 0) == features[f"CAP_{missing}"]["required"]
