#!/usr/bin/python3
"""A payment provider: takes any POST or GET and answers {"paid": true} after a delay."""

import argparse
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Keeps connections open for clients that reuse them."""

    protocol_version = "HTTP/1.1"
    # Headers and body leave as one segment: no wait of the client's is a delayed acknowledgement.
    wbufsize = -1
    delay_seconds = 0.0

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        time.sleep(self.delay_seconds)
        body = b'{"paid": true}\n'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, *_):
        """Says nothing: a line per payment is no news."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    # Many shop threads connect at once.
    request_queue_size = 128


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--delay-ms", type=float, default=0)
    chosen = options.parse_args()
    Handler.delay_seconds = chosen.delay_ms / 1000
    Server(("127.0.0.1", chosen.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
