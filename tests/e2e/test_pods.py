"""Are servers in containers told as that, whatever the runtime calls their groups, and with the names that
people know their pods by?"""

import os
from pathlib import Path

import pytest
from harness.agent import Running, run
from harness.client import Client
from harness.memory_group import MemoryGroup
from harness.paths import WORKLOADS
from harness.pods import GROUPS, ID, POD, STATIC_POD, Group, write_logs
from harness.report import number
from harness.requirements import PROBES
from services.processes import wait_until

pytestmark = pytest.mark.requires("root", "gunicorn", "flask")

NAMES = {
    POD: {"namespace": "shop", "name": "web-7d9c5b8f6d-x2x4z", "uid": POD, "container": "app", "workload": "web"},
    STATIC_POD: {"namespace": "kube-system", "name": "etcd-node1", "uid": STATIC_POD, "container": "etcd",
                 "workload": "etcd-node1"},
    None: None,
}


@pytest.fixture(scope="module")
def gunicorn(session_directory):
    from services.gunicorn import Gunicorn
    directory = session_directory / "pods"
    directory.mkdir(mode=0o711)
    with Gunicorn(directory, "waits:app", chdir=WORKLOADS, env={}, ready_path="/nap") as server:
        yield server


@pytest.fixture(scope="module")
def configuration(session_directory):
    logs = session_directory / "pod-logs"
    write_logs(logs)
    file = session_directory / "pods.toml"
    file.write_text(f'[kubernetes]\npod_logs = "{logs}"\n')
    return file


def members(server) -> list[int]:
    return [server.tgid, *server.workers()]


def found(server, configuration: Path) -> dict:
    (one,) = run("linger", "servers", "--no-agent", "--format", "json", "--pid", server.tgid, "--config",
                 configuration).json()["servers"]
    return one


@pytest.mark.requires("cgroup-2")
@pytest.mark.parametrize("naming", GROUPS)
def test_knows_the_pod_by_each_runtimes_naming(gunicorn, configuration, naming):
    name, runtime, pod = GROUPS[naming]
    with Group(f"linger-test-{os.getpid()}", name) as group:
        group.add(*members(gunicorn))
        one = found(gunicorn, configuration)
    assert one["container"] == ID[:12]
    assert one["containerRuntime"] == runtime
    assert one.get("pod") == NAMES[pod]
    assert not one.get("gaps")


@pytest.mark.requires("cgroup-2")
def test_says_where_it_looked_for_a_pods_name(gunicorn, directory):
    (directory / "logs").mkdir()
    configuration = directory / "linger.toml"
    configuration.write_text(f'[kubernetes]\npod_logs = "{directory}/logs"\n')
    with Group(f"linger-test-{os.getpid()}", GROUPS["crio-systemd"][0]) as group:
        group.add(*members(gunicorn))
        one = found(gunicorn, configuration)
    assert {key: value for key, value in one["pod"].items() if value} == {"uid": POD}
    assert f"{directory}/logs has no directory of it" in one["gaps"][0]


def test_has_no_container_on_the_host(gunicorn, configuration):
    one = found(gunicorn, configuration)
    assert (one["container"], one["containerRuntime"], one.get("pod")) == ("", "", None)


@pytest.mark.requires(*PROBES, "cgroup-hybrid")
def test_the_report_tells_the_pod_and_the_memory_that_it_may_have(gunicorn, configuration, directory):
    limit = 512_000_000
    with Group(f"linger-test-{os.getpid()}", GROUPS["containerd-systemd"][0]) as group, \
            MemoryGroup(f"linger-pod-{os.getpid()}", limit) as memory:
        group.add(*members(gunicorn))
        for tgid in members(gunicorn):
            memory.add(tgid)
        with Running(directory, "linger", "record", "--config", configuration, "--pid", gunicorn.tgid, "-o",
                     directory / "run.lngr", "--duration", "60s").wait_attached() as recording, \
                Client(gunicorn.port, keep_alive=False) as client:
            def charged() -> bool:
                client.get("/nap")
                return memory.used_bytes() > 0
            wait_until(charged, 30, "the group has pages of its own")
            recording.finish()
        held = memory.used_bytes()
    report = run("linger", "replay", directory / "run.lngr", "--format", "json").json()
    text = " ".join(run("linger", "replay", directory / "run.lngr", "--format", "text").stdout.split())
    server, = report["servers"]
    assert (server["containerRuntime"], server["pod"]) == ("containerd", NAMES[POD])
    for worker in server["workers"]:
        told = worker["memory"]["limit"]
        assert (told["group"], number(told, "limitBytes")) == (memory.name, limit // 4096 * 4096)
        assert 0 < number(told, "usedBytes") <= held
    assert "pod shop/web-7d9c5b8f6d-x2x4z (container app)" in text
    assert f"memory limited to 512 MB (control group {memory.name})" in text
