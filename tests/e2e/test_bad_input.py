"""Does what cannot work end with a sentence, the documented status and nothing left behind?"""

import os
import re
import socket
import subprocess

import pytest
from harness import bpf
from harness.agent import NO_SUCH_SERVER, REFUSED, USAGE, Running, run, run_as_nobody
from harness.client import Client
from harness.report import counts, number
from harness.requirements import PROBES, SERVICES
from harness.workload import WORKER_CLASSES

GARBAGE = [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello\r\n\r\n",
           b"\x00" * 64 + b"\r\n\r\n",
           b"no request at all\r\n\r\n"]


def expect_refusal(finished, status: int, *words: str) -> None:
    """A sentence with these words on stderr, no result, and no crash."""
    assert finished.status == status, finished.stderr
    assert finished.stdout == ""
    for word in words:
        assert re.search(word, finished.stderr, re.IGNORECASE), finished.stderr


@pytest.mark.parametrize("arguments", [
    ["frobnicate"],
    ["diagnose", "--no-such-option"],
    ["diagnose", "--duration", "soon"],
    ["diagnose", "--format", "xml"],
    ["diagnose", "--pid", "none"],
    ["diagnose", "--ring-buffer-bytes", "1000"],
    ["watch", "everything"],
    ["replay"],
], ids=" ".join)
def test_refuses_wrong_usage(arguments):
    expect_refusal(run("linger", *arguments), USAGE, r"\w+")


@pytest.mark.sole  # what others attach would count
@pytest.mark.requires(*PROBES)
@pytest.mark.parametrize("command", ["diagnose", "record", "servers"])
def test_says_that_a_process_is_gone(directory, command):
    gone = subprocess.Popen(["/bin/true"])
    gone.wait()
    extra = ["-o", directory / "recording"] if command == "record" else ["--no-agent"]
    before = bpf.attached()
    expect_refusal(run("linger", command, "--pid", gone.pid, *extra), NO_SUCH_SERVER,
                   str(gone.pid))
    assert bpf.attached() - before == set()


@pytest.mark.sole  # what others attach would count
@pytest.mark.requires(*PROBES)
def test_says_that_a_process_is_no_server():
    before = bpf.attached()
    expect_refusal(run("linger", "diagnose", "--no-agent", "--pid", os.getpid()), NO_SUCH_SERVER,
                   str(os.getpid()), "python|pytest")
    assert bpf.attached() - before == set()


@pytest.mark.requires("root", *SERVICES)
def test_says_what_someone_who_is_not_root_lacks(workload, directory):
    with workload.serve(*WORKER_CLASSES["sync"]) as server:
        expect_refusal(run_as_nobody(directory, "diagnose", "--no-agent", "--pid", server.tgid),
                       REFUSED,
                       "root|CAP_|permi")


@pytest.mark.requires("root", *SERVICES)
def test_says_that_the_kernel_has_no_btf(workload):
    hide_btf = ["unshare", "--mount", "sh", "-c",
                'mount -t tmpfs none /sys/kernel/btf && exec "$@"', "sh"]
    with workload.serve(*WORKER_CLASSES["sync"]) as server:
        expect_refusal(run("linger", "diagnose", "--no-agent", "--pid", server.tgid,
                           prefix=hide_btf), REFUSED, "BTF")


@pytest.mark.parametrize("content", [b"", b"not a recording\n", os.urandom(100_000)],
                         ids=["empty", "text", "noise"])
def test_refuses_a_garbled_recording(directory, content):
    recording = directory / "garbled.linger"
    recording.write_bytes(content)
    expect_refusal(run("linger", "replay", recording), USAGE, "garbled.linger")


def test_says_that_a_recording_is_not_there(directory):
    expect_refusal(run("linger", "replay", directory / "missing.linger"), USAGE, "missing.linger")


@pytest.mark.requires(*PROBES, *SERVICES)
@pytest.mark.parametrize("worker_class", sorted(WORKER_CLASSES))
def test_counts_garbage_on_the_port_as_broken_and_loses_nothing_else(
        workload, directory, worker_class):
    with workload.serve(*WORKER_CLASSES[worker_class]) as server, \
            Running(directory, "linger", "diagnose", "--no-agent", "--format", "json",
                    "--duration", "10m", "--pid", server.tgid).wait_attached() as diagnosis, \
            Client(server.port, keep_alive=False) as client:
        for garbage in GARBAGE:
            client.get("/hello")
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
                connection.sendall(garbage)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(4096):
                    pass
        report = diagnosis.finish().json()
    assert number(report["coverage"], "requestsBroken") == len(GARBAGE)
    assert number(report["coverage"], "requestsSeen") == len(GARBAGE)
    assert counts(report)["GET", "/hello"] == len(GARBAGE)
