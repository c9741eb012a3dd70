"""Is the time that a request waits to be accepted what its client misses?"""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.agent import Running
from harness.report import cited, findings_of, fired, number
from harness.requirements import PROBES, SERVICES
from services.processes import wait_until

pytestmark = [pytest.mark.requires(*PROBES, *SERVICES), pytest.mark.alone]

CLIENTS, ROUNDS = 8, 5
WATCH = ["watch", "requests", "--no-agent", "--format", "json"]


def ask(address, path: str) -> tuple[int, int]:
    """From connecting to the last byte of the answer: its end, by the monotonic clock, and how long
    it took, in nanoseconds."""
    begin_ns = time.monotonic_ns()
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as connection:
        connection.settimeout(60)
        connection.connect(address)
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while received := connection.recv(65536):
            answer += received
    end_ns = time.monotonic_ns()
    assert answer.startswith(b"HTTP/1.1 200 "), answer[:100]
    return end_ns, end_ns - begin_ns


def saturate(address, path: str) -> list[int]:
    """Many clients at one worker, each with one request after the other: how long each of them took,
    in the order in which they were answered."""
    with ThreadPoolExecutor(CLIENTS) as threads:
        asked = threads.map(lambda _: [ask(address, path) for _ in range(ROUNDS)], range(CLIENTS))
        return [took_ns for _, took_ns in sorted(sum(asked, []))]


@pytest.mark.parametrize("family", ["tcp", "unix"])
def test_is_what_the_client_misses(workload, directory, family):
    path = str(directory / "app.sock")
    with workload.serve("--worker-class", "sync", "--workers", "1", "--bind", f"unix:{path}") as server, \
            Running(directory, "linger", *WATCH, "--pid", server.tgid).wait_attached() as watch:
        workload.forget_truths()
        took_ns = saturate(path if family == "unix" else ("127.0.0.1", server.port), "/nap/25")
        wait_until(lambda: len(watch.lines()) >= len(took_ns), 10, "every request is told of")
        shown = [number(line["request"]["time"], "acceptQueueNs") for line in watch.lines()]
        served_ns = workload.truths()["/nap/{}"]
    # One worker answers one after the other, so the three lists are in the same order.
    assert len(shown) == len(served_ns) == len(took_ns) == CLIENTS * ROUNDS
    missing = [took - served for took, served in zip(took_ns, served_ns)]
    queued = [(shown_ns, missing_ns) for shown_ns, missing_ns in zip(shown, missing)
              if missing_ns > 100_000_000]
    assert len(queued) >= CLIENTS * (ROUNDS - 1), "the clients did not have to wait"
    off = [abs(shown_ns - missing_ns) / missing_ns for shown_ns, missing_ns in queued]
    # What the server and Flask themselves take is missing too, and so is what others took from both.
    assert sorted(off)[len(off) * 9 // 10] <= 0.05, sorted(off)


BACKLOG, UNIX_CLIENTS = 16, 5


def waiting_at(port: int) -> int:
    """The connections that wait at 127.0.0.1:`port`, as /proc/net/tcp has them."""
    with open("/proc/net/tcp", encoding="ascii") as sockets:
        for line in sockets:
            words = line.split()
            if words[1] == f"0100007F:{port:04X}" and words[3] == "0A":
                return int(words[4].split(":")[1], 16)
    raise AssertionError(f"nobody listens on {port}")


def connect_without_waiting(address) -> socket.socket:
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    connection = socket.socket(family)
    connection.setblocking(False)
    connection.connect_ex(address)
    return connection


def test_says_how_long_it_is_and_what_is_turned_away(workload, directory):
    path = str(directory / "app.sock")
    with workload.serve("--worker-class", "sync", "--workers", "1", "--backlog", str(BACKLOG),
                        "--bind", f"unix:{path}") as server, \
            Running(directory, "linger", "diagnose", "--no-agent", "--format", "json",
                    "--duration", "10m", "--pid", server.tgid).wait_attached() as diagnosis:
        with socket.create_connection(("127.0.0.1", server.port)) as busy:
            busy.sendall(b"GET /nap/4000 HTTP/1.1\r\n\r\n")
            time.sleep(0.2)
            clients = [connect_without_waiting(("127.0.0.1", server.port)) for _ in range(3 * BACKLOG)]
            clients += [connect_without_waiting(path) for _ in range(UNIX_CLIENTS)]
            truth = waiting_at(server.port)
            report = diagnosis.finish().json()
            for client in clients:
                client.close()
    queues = {queue["address"]: queue for queue in report["servers"][0]["listenQueues"]}
    tcp, unix = queues[f"127.0.0.1:{server.port}"], queues[f"unix:{path}"]
    assert truth > BACKLOG, "the kernel lets one more in"
    assert number(tcp, "length") == number(tcp, "maxLength") == truth
    assert number(tcp, "limit") == BACKLOG
    # The kernel may have let some in whose last handshake packet it then threw away; each counts.
    assert number(tcp, "dropped") >= 3 * BACKLOG - truth
    assert number(unix, "length") == UNIX_CLIENTS
    assert number(unix, "limit") == BACKLOG
    assert number(unix, "dropped") == 0


BURST, QUICK = 30, 400


@pytest.mark.parametrize(("backlog", "turned_away"), [(4, True), (2048, False)])
def test_a_burst_that_the_backlog_has_no_room_for_is_told(workload, directory, backlog, turned_away):
    """The worker has time: it is the backlog that is too short."""
    with workload.serve("--worker-class", "sync", "--workers", "1", "--backlog", str(backlog)) as server, \
            Running(directory, "linger", "diagnose", "--no-agent", "--format", "json",
                    "--duration", "10m", "--pid", server.tgid).wait_attached() as diagnosis:
        with socket.create_connection(("127.0.0.1", server.port)) as busy:
            busy.sendall(b"GET /nap/1000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            time.sleep(0.2)
            clients = [connect_without_waiting(("127.0.0.1", server.port)) for _ in range(BURST)]
            while busy.recv(65536):
                pass
        for client in clients:
            client.close()
        for _ in range(QUICK):
            ask(("127.0.0.1", server.port), "/hello")
        report = diagnosis.finish().json()
    findings = findings_of(report, "accept-queue-wait")
    assert bool(findings) == turned_away
    for finding in findings:
        assert finding["severity"] == "SEVERITY_CRITICAL"
        assert cited(finding, "connections turned away") >= BURST - backlog - 1
        assert cited(finding, f"backlog of 127.0.0.1:{server.port}") == backlog
        assert "--backlog 2048" in finding["remedy"]


@pytest.mark.parametrize(("clients", "queued"), [(6, True), (1, False)])
def test_connections_that_wait_for_a_worker_that_computes_are_told(workload, directory, clients, queued):
    with workload.serve("--worker-class", "sync", "--workers", "1") as server, \
            Running(directory, "linger", "diagnose", "--no-agent", "--format", "json",
                    "--duration", "10m", "--pid", server.tgid).wait_attached() as diagnosis:
        with ThreadPoolExecutor(clients) as threads:
            list(threads.map(lambda _: [ask(("127.0.0.1", server.port), "/cpu") for _ in range(ROUNDS * CLIENTS)],
                             range(clients)))
        report = diagnosis.finish().json()
    rules = fired(report)
    assert "workers-saturated" not in rules
    told = {"cpu-underused", "accept-queue-wait"} & rules.keys()
    if not queued:
        assert not told
    elif "cpu-overcommitted" not in rules:  # unless others on this machine took the worker's CPU
        [rule] = told  # one finding for one cause
        [finding] = findings_of(report, rule)
        if rule == "cpu-underused":
            assert cited(finding, "queue, mean") >= 10e6
            assert finding["endpoints"] == ["GET /cpu"]
        else:  # where no CPU is to be had
            assert cited(finding, "accept queue, p90") >= 10e6
            assert "GET /cpu" in finding["remedy"]
