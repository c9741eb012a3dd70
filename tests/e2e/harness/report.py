"""Reading messages in protobuf's JSON: 64-bit numbers are strings and zeros may be left out."""

from collections import Counter


def number(message: dict, name: str) -> int:
    """An integer field."""
    return int(message.get(name, 0))


def causes(time: dict) -> dict[str, int]:
    """Nanoseconds by cause, {"sleep": ...}, of a CauseTimes, without its wall time."""
    return {name.removesuffix("Ns"): int(ns) for name, ns in time.items() if name != "wallNs"}


def endpoint_of(message: dict) -> tuple[str, str]:
    return message["method"], message["route"]


def counts(report: dict) -> Counter:
    """Requests by (method, route)."""
    return Counter({endpoint_of(e): number(e, "requests") for e in report.get("endpoints", [])})


def counts_by_worker(report: dict) -> Counter:
    """Requests by tgid, without workers that served none."""
    workers = [worker for server in report["servers"] for worker in server.get("workers", [])]
    return Counter({w["tgid"]: number(w, "requests") for w in workers if number(w, "requests")})


def findings_of(report: dict, rule: str) -> list[dict]:
    return [finding for finding in report.get("findings", []) if finding["rule"] == rule]


def cited(finding: dict, name: str) -> float:
    """The value of one of its measurements."""
    return next(m["value"] for m in finding["evidence"] if m["name"] == name)


def fired(report: dict) -> dict[str, set[str]]:
    """The endpoints named by each rule's findings, by rule id."""
    rules: dict[str, set[str]] = {}
    for finding in report.get("findings", []):
        rules.setdefault(finding["rule"], set()).update(finding.get("endpoints", []))
    return rules
