"""The server models whose figures are compared with the truth, and which of the causes can be
injected into each."""

import os
import threading
from contextlib import ExitStack, contextmanager, suppress

from .injected import INJECTIONS, processes_of
from .servers import PythonServer
from .workload import LOOP_CLASSES, MODELS, NEEDS, NGINX, WORKER_CLASSES, Workload

MOVED = "sync-moved"
ASYNC_APP = "ground_truth_uvicorn:app"
ASYNC = {
    "uvicorn": ["uvicorn", "--host", "127.0.0.1", "--port", "{port}", "--log-level", "warning",
                "--timeout-keep-alive", "30", ASYNC_APP],
    "uvicorn-worker": ["--worker-class", "uvicorn.workers.UvicornWorker", "--workers", "1",
                       "--keep-alive", "30"],
}
TORNADO = ["--worker-class", "tornado", "--workers", "1"]
LOOPS = [*LOOP_CLASSES, *ASYNC]
ALL = [*WORKER_CLASSES, MOVED, *(model for model in MODELS if model not in WORKER_CLASSES),
       *LOOP_CLASSES, "tornado", *ASYNC]
REQUIRED = {**NEEDS, MOVED: [], **{model: [model] for model in [*LOOP_CLASSES, "tornado"]},
            **{model: ["uvicorn", "asyncpg"] for model in ASYNC}}

# Why a cause is not asked of a model.
NO_LOOP = "no event loop"
BLOCKING = "one request at a time"
PROXY = "the proxy reads the whole answer"
BUFFER = "the server keeps what its client does not read"
ROUTER = "the router accepts"
APACHE = "Apache itself accepts, and sends"
NO_SOCKET = "counts as sleep: no socket shows it"
MOVE_EVERY_SECONDS = 0.002


def not_asked(model: str) -> dict[str, str]:
    """The causes that are not asked of the model, each with the reason."""
    reasons = {}
    if model in LOOPS:
        reasons |= {"lock": NO_SOCKET, "child": NO_SOCKET}
    else:
        reasons["eventLoop"] = BLOCKING if model == "tornado" else NO_LOOP
    if model in NGINX or model == "uwsgi-router":
        reasons["clientWrite"] = PROXY
    if model == "waitress":
        reasons["clientWrite"] = BUFFER
    if model == "mod_wsgi":
        reasons |= {"clientWrite": APACHE, "acceptQueue": APACHE}
    if model == "uwsgi-router":
        reasons["acceptQueue"] = ROUTER
    return reasons


def told_by_client(model: str) -> set[str]:
    """Of these causes the client knows how long they were, and not the application: tornado calls
    it when the request is there, and writes when it has returned; waitress likewise reads ahead."""
    known = {"tornado": {"clientRead", "clientWrite"}, "waitress": {"clientRead"}}
    return {"acceptQueue"} | known.get(model, set())


def slack_ns(model: str, cause: str) -> tuple[int, int]:
    """How much more, and how much less than the truth may be shown besides, where the truth is not
    known as well as elsewhere."""
    if cause == "eventLoop":
        # When its timer ended while another one held the loop, no socket shows.
        return 20_000_000, 0
    if cause == "upstream":
        # The application's wall time, in which its HTTP library also runs.
        return 0, 600_000
    if cause == "clientWrite" or (cause == "clientRead" and model in ("tornado", "waitress")):
        # What interrupts take of a thread is not in its clock, nor what it ran in the client's.
        return 0, 700_000
    return 0, 0


def asked(model: str) -> list[str]:
    return [cause for cause in INJECTIONS if cause not in not_asked(model)]


@contextmanager
def started(workload: Workload, model: str):
    """A server of the model."""
    with ExitStack() as stack:
        if model == MOVED:
            server = stack.enter_context(workload.start("sync"))
            stack.enter_context(moved(server.tgid))
        elif model in LOOP_CLASSES:
            server = stack.enter_context(workload.serve(*LOOP_CLASSES[model]))
        elif model == "tornado":
            server = stack.enter_context(workload.serve(*TORNADO))
        elif model == "uvicorn":
            server = stack.enter_context(workload.start_other(PythonServer, *ASYNC[model]))
        elif model == "uvicorn-worker":
            server = stack.enter_context(workload.serve(*ASYNC[model], app=ASYNC_APP))
        else:
            server = stack.enter_context(workload.start(model))
        yield server


@contextmanager
def moved(tgid: int):
    """Each thread of the server is on another CPU every MOVE_EVERY_SECONDS."""
    cpus = sorted(os.sched_getaffinity(0))
    stopped = threading.Event()

    def move() -> None:
        turn = 0
        while not stopped.wait(MOVE_EVERY_SECONDS):
            turn += 1
            # Children that a request has started come and go.
            with suppress(OSError):
                for process in processes_of(tgid):
                    for tid in os.listdir(f"/proc/{process}/task"):
                        os.sched_setaffinity(int(tid), {cpus[turn % len(cpus)]})
    thread = threading.Thread(target=move)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
