"""linger watch, and what it has told so far."""

from pathlib import Path

from .agent import Running


class Watch(Running):
    """`linger watch WHAT` of the agent at an address, a JSON object a line."""

    def __init__(self, directory: Path, address: str, what: str, *options):
        super().__init__(directory, "linger", "watch", what, "--format", "json", "--agent", address, *options)

    def says(self, text: str) -> int:
        """How often, on standard error."""
        return self.stderr.count(text)

    def of_run(self, number: int) -> list[dict]:
        """Of requests: what came of the first agent (0), of the second ...: each stream counts its messages anew."""
        lines = self.lines()
        begins = [at for at, line in enumerate(lines) if line["sequence"] == "1"] + [len(lines)] * (number + 1)
        return lines[begins[number]:begins[number + 1]]


def requests(lines: list[dict], route: str = "/") -> int:
    """How many with a route that begins so."""
    return sum(line.get("request", {}).get("route", "").startswith(route) for line in lines)


def skipped(lines: list[dict]) -> int:
    """How many were not sent."""
    return sum(int(line["requestsSkipped"]) for line in lines)
