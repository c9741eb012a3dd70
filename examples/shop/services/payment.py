"""The payment service: somebody else's HTTP server, as slow as it is told to be."""

from pathlib import Path

from .processes import Process, can_connect, free_port

SCRIPT = Path(__file__).resolve().parents[1] / "payment.py"


class Payment(Process):
    """Answers every request on 127.0.0.1:`port` after `delay_ms`."""

    def __init__(self, directory: Path, delay_ms: float):
        self.port = free_port()
        super().__init__(
            ["/usr/bin/python3", SCRIPT, "--port", self.port, "--delay-ms", delay_ms],
            Path(directory) / "payment.log")
        self.wait_until(lambda: can_connect(self.port), 10, "the payment service accepts")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"
