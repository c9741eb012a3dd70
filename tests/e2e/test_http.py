"""Is a request what it is whatever way of HTTP/1 it takes, and however its bytes come?"""

import socket
import time
from contextlib import closing

import pytest
from harness.agent import Running
from harness.report import counts, number
from harness.requirements import PROBES, SERVICES
from harness.workload import WORKER_CLASSES
from services.processes import wait_until

pytestmark = pytest.mark.requires(*PROBES, *SERVICES)

CLOSE = b"Host: x\r\nConnection: close\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5\r\ndefgh\r\n0\r\n\r\n"
# Parts that are sent with a pause in between; the method, route and status that Linger must show.
EXCHANGES = {
    "plain": ([b"GET /count/beta HTTP/1.1\r\n" + CLOSE + b"\r\n"], "GET", "/count/beta", 200),
    "http-1.0": ([b"GET /count/beta HTTP/1.0\r\n\r\n"], "GET", "/count/beta", 200),
    "head": ([b"HEAD /count/beta HTTP/1.1\r\n" + CLOSE + b"\r\n"], "HEAD", "/count/beta", 200),
    "missing": ([b"GET /missing HTTP/1.1\r\n" + CLOSE + b"\r\n"], "GET", "/missing", 404),
    "chunks": ([b"POST /upload HTTP/1.1\r\n" + CLOSE + CHUNKED], "POST", "/upload", 200),
    "expect": ([b"POST /upload HTTP/1.1\r\n" + CLOSE + b"Expect: 100-continue\r\nContent-Length: 4\r\n\r\n",
                b"body"], "POST", "/upload", 200),
    "stream": ([b"GET /stream HTTP/1.1\r\n" + CLOSE + b"\r\n"], "GET", "/stream", 200),
    "file": ([b"GET /file HTTP/1.1\r\n" + CLOSE + b"\r\n"], "GET", "/file", 200),
    "long-path": ([b"GET /count/" + b"x" * 400 + b" HTTP/1.1\r\n" + CLOSE + b"\r\n"], "GET", "/count/...",
                  200),
}
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"
# The reader may run as soon as the last bytes are there, before their writer has returned.
PREEMPTED_NS = 50_000_000


def exchange(port: int, parts) -> tuple[bytes, int]:
    """All that the server answers, and the nanoseconds from the first part to the last byte of it."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        begin_ns = time.monotonic_ns()
        for part in parts:
            connection.sendall(part)
            time.sleep(0.02)
        answer = b""
        while received := connection.recv(65536):
            answer += received
            end_ns = time.monotonic_ns()
    return answer, end_ns - begin_ns


@pytest.mark.parametrize("worker_class", sorted(WORKER_CLASSES))
def test_shows_status_and_size_of_every_kind_of_response(workload, directory, worker_class):
    with workload.serve(*WORKER_CLASSES[worker_class]) as server, \
            Running(directory, "linger", "watch", "requests", "--no-agent", "--format", "json",
                    "--pid", server.tgid).wait_attached() as watch:
        answers = {}
        for name, (parts, *_) in EXCHANGES.items():
            answers[name] = exchange(server.port, parts)
            wait_until(lambda: len(watch.lines()) >= len(answers), 10, f"{name} is told of")
        requests = dict(zip(EXCHANGES, [line["request"] for line in watch.lines()]))
        assert len(watch.lines()) == len(EXCHANGES)
    for name, (_, method, route, status) in EXCHANGES.items():
        request, (answer, took_ns) = requests[name], answers[name]
        assert (request["method"], request["route"], request["status"]) == (method, route, status)
        assert number(request, "sentBytes") == len(answer.removeprefix(INTERIM)), name
        assert request.get("truncated", False) == (name == "long-path")
        assert number(request["time"], "wallNs") <= took_ns + PREEMPTED_NS, name
    assert number(requests["stream"]["time"], "wallNs") >= 1_500_000_000
    assert answers["expect"][0].startswith(INTERIM), "the server did not ask for the body"


def expect_answer(connection, body: bytes) -> None:
    answer = b""
    while not answer.endswith(body):
        received = connection.recv(65536)
        assert received, answer
        answer += received


def test_counts_what_is_split_anywhere_among_clients_that_go_wrong(workload, directory):
    request = b"GET /count/alpha HTTP/1.1\r\nHost: x\r\n\r\n"
    bad = [b"", b"G", b"GET /count/alpha HTT", b"\0" * 100, b"GET /count/alpha HTTP/1.1\r\nHost: x\r\n"]
    sent = 0
    with workload.serve(*WORKER_CLASSES["gthread"], "--keep-alive", "30") as server, \
            Running(directory, "linger", "diagnose", "--no-agent", "--format", "json",
                    "--duration", "10m", "--pid", server.tgid).wait_attached() as diagnosis, \
            socket.create_connection(("127.0.0.1", server.port), timeout=30) as kept:
        kept.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(1, len(request)):
            with closing(socket.create_connection(("127.0.0.1", server.port), timeout=30)) as other:
                other.sendall(bad[at % len(bad)])
                if at % 2:
                    other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                kept.sendall(request[:at])
                time.sleep(0.005)
            kept.sendall(request[at:])
            expect_answer(kept, b"alpha")
            sent += 1
        # More than Gunicorn takes: it answers 400, perhaps without having read all of it.
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as long:
            long.sendall(b"GET /clean HTTP/1.1\r\nCookie: " + b"c" * 65536 + b"\r\n\r\n")
            assert long.recv(100).startswith(b"HTTP/1.1 400 ")
        report = diagnosis.finish().json()
    whole = {(e["method"], e["route"]): number(e, "requests") - number(e, "errors")
             for e in report["endpoints"]}
    assert whole["GET", "/count/alpha"] == sent
    assert counts(report)["GET", "/clean"] == 1
    coverage = report["coverage"]
    assert number(coverage, "requestsSeen") == sent + 1
    # A reset may come before anybody has read what was sent.
    assert number(coverage, "requestsBroken") <= sent * (len(bad) - 1) // len(bad) + 1
    assert number(coverage, "recordsLost") == 0
