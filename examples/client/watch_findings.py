#!/usr/bin/python3
"""Prints the findings of a running agent, and every change to them, until it is interrupted.

usage: watch_findings.py [ADDRESS]

ADDRESS is unix:///PATH or HOST:PORT, by default that of `lingerd`. The modules that make_stubs writes must be on PYTHONPATH.
"""

import sys
import time

import grpc
from linger.v1 import diagnostics_pb2, diagnostics_pb2_grpc, finding_pb2

DEFAULT_ADDRESS = "unix:///run/linger/linger.sock"
LONGEST_PAUSE_SECONDS = 10


def told(change: "diagnostics_pb2.WatchFindingsResponse") -> str:
    kind = diagnostics_pb2.WatchFindingsResponse.Change.Name(change.change).removeprefix("CHANGE_")
    severity = finding_pb2.Severity.Name(change.finding.severity).removeprefix("SEVERITY_").lower()
    text = f"{kind:8}  {severity:8}  {change.finding.title}"
    if change.change == diagnostics_pb2.WatchFindingsResponse.CHANGE_APPEARED:
        text += f"\n          Do: {change.finding.remedy}"
    return text


def watch(address: str) -> None:
    """Until the stream ends, as it does when the agent does."""
    with grpc.insecure_channel(address) as channel:
        agent = diagnostics_pb2_grpc.DiagnosticsStub(channel)
        for change in agent.WatchFindings(diagnostics_pb2.WatchFindingsRequest()):
            # Figures change every second; a person wants to hear what comes and goes.
            if change.change != diagnostics_pb2.WatchFindingsResponse.CHANGE_UPDATED:
                print(told(change), flush=True)


def main() -> None:
    address = sys.argv[1] if len(sys.argv) > 1 else DEFAULT_ADDRESS
    pause_seconds = 0.5
    while True:
        began = time.monotonic()
        try:
            watch(address)
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.UNAVAILABLE:
                sys.exit(f"{address}: {error.details()}")
        # A new stream begins with all that holds, so nothing is lost but what came and went meanwhile.
        pause_seconds = 0.5 if time.monotonic() - began > LONGEST_PAUSE_SECONDS else min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)
        print(f"no agent at {address}; trying again in {pause_seconds:.0f} s", file=sys.stderr)
        time.sleep(pause_seconds)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
