"""The page as it was built, and a stream of as many workers and endpoints as no test can start."""

import http.server
import json
import mimetypes
import threading
import time
from pathlib import Path

WORKERS, ENDPOINTS = 400, 2000
FIRST_TGID = 1000
HOSTILE = "/<img src=x onerror=alert(1)>"


def stamp(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds % 1 * 1e6):06}Z"


def servers(second: int) -> list[dict]:
    """Every worker has waited for its database for a part of each second, and half of them do now."""
    workers = [{"tgid": FIRST_TGID + i, "threads": 1, "requests": str(10 * second),
                "state": "WORKER_STATE_BLOCKED" if i % 2 else "WORKER_STATE_IDLE",
                "waitsOn": "database" if i % 2 else "", "memory": {"residentBytes": str(50 << 20)},
                "blocked": {"databaseNs": str(int(5e8) * second), "onCpuNs": str(int(2e8) * second)}}
               for i in range(WORKERS)]
    return [{"masterTgid": 1, "kind": "gunicorn", "app": "large:app", "threadsPerWorker": 1, "workers": workers}]


def endpoint(number: int) -> dict:
    sites = [{"cause": "database", "what": "127.0.0.1:5432 (postgresql)", "totalNs": "900000",
              "code": f"app/views.py:{line} in view", "statement": "SELECT name FROM cart WHERE id = ?"}
             for line in range(1, 9)]
    return {"server": 1, "method": "GET", "route": f"/endpoint/{number}" if number else HOSTILE,
            "requests": str(number), "errors": "1" if number == 1234 else "0", "sites": sites,
            "time": {"databaseNs": str(number * 900000), "onCpuNs": str(number * 100000), "wallNs": str(number * 1000000)}}


def report(second: int, numbers) -> dict:
    return {"window": {"durationNs": str(second * 10**9)}, "servers": servers(second), "findings": [],
            "endpoints": [endpoint(number) for number in numbers], "coverage": {"requestsSeen": "1"}}


class Handler(http.server.BaseHTTPRequestHandler):
    dist: Path

    def do_GET(self):
        if self.path == "/api/v1/stream":
            return self.stream()
        file = self.dist / (self.path.lstrip("/") or "index.html")
        self.answer(mimetypes.guess_type(file)[0])
        self.wfile.write(file.read_bytes())

    def answer(self, content_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.end_headers()

    def event(self, name: str, message: dict) -> None:
        self.wfile.write(f"event: {name}\ndata: {json.dumps(message)}\n\n".encode())

    def stream(self) -> None:
        self.answer("text/event-stream")
        self.event("report", report(1, range(ENDPOINTS)))
        begin = time.time()
        try:
            for second in range(1, 600):
                self.event("workers", {"time": stamp(begin + second), "servers": servers(second)})
                self.event("changes", report(second, [second % ENDPOINTS]))
                time.sleep(1)
        except OSError:
            pass  # the page is closed

    def log_message(self, *_):
        pass


class SyntheticStream:
    """A context manager; `url` is where it is."""

    def __init__(self, dist: Path):
        handler = type("Bound", (Handler,), {"dist": dist})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
