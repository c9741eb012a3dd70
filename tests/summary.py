#!/usr/bin/python3
"""Adds up the reports of all test groups and prints the closing line.

usage: summary.py DIRECTORY
       summary.py --failed FILE     only the names of the failed tests in one JUnit file

DIRECTORY holds JUnit XML files, GROUP.xml or GROUP.PART.xml, and a file `crashed` with a line for each group that wrote none. In
`again` lie those of the tests that failed and were run a second time; who passed it is listed. A
skipped test is listed with its reason. With CI=true it counts as failed unless tests/expected_skips.txt
has a line that begins with its name, or with the first part of it and a *.
"""

import os
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

EXPECTED_SKIPS = pathlib.Path(__file__).with_name("expected_skips.txt")


def expected_skips():
    """Names of the tests that may be skipped in CI; of several, with a * behind what they share."""
    lines = EXPECTED_SKIPS.read_text().splitlines()
    return {line.split()[0] for line in lines if line.strip() and not line.startswith("#")}


def is_among(name, expected):
    return name in expected or any(
        each.endswith("*") and name.startswith(each[:-1]) for each in expected)


def results_of(report):
    """Yields (name, outcome, reason) of each test in one JUnit file."""
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            yield name, "failed", ""
        elif skipped is not None or case.get("result") == "skipped":
            reason = (skipped.get("message") or skipped.text or "") if skipped is not None else ""
            yield name, "skipped", " ".join(reason.split())
        else:
            yield name, "passed", ""


def failed_in(report):
    return [name for name, outcome, _ in results_of(report) if outcome == "failed"]


def passed_again(report):
    """The tests that passed when they were run a second time."""
    second = report.parent / "again" / report.name
    if not second.exists():
        return set()
    return {name for name, outcome, _ in results_of(second) if outcome == "passed"}


def all_results(directory):
    for report in sorted(directory.glob("*.xml")):
        unsteady = passed_again(report)
        for name, outcome, reason in results_of(report):
            if outcome == "failed" and name in unsteady:
                outcome = "unsteady"
            yield f"{report.name.split('.')[0]}:{name}", outcome, reason


def main(directory):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    allowed = expected_skips()
    strict = os.environ.get("CI") == "true"
    for name, outcome, reason in all_results(pathlib.Path(directory)):
        if outcome == "unsteady":
            print(f"UNSTEADY {name}: failed, and passed when run again")
            outcome = "passed"
        if outcome == "failed":
            print(f"FAILED  {name}")
        if outcome == "skipped":
            unexpected = strict and not is_among(name, allowed)
            print(f"SKIPPED {name}: {reason}" + (" (not expected: counts as failed)" if unexpected else ""))
            outcome = "failed" if unexpected else outcome
        counts[outcome] += 1
    crashed = pathlib.Path(directory) / "crashed"
    for line in crashed.read_text().splitlines() if crashed.exists() else []:
        print(f"FAILED  {line}")
        counts["failed"] += 1
    closing = f"{counts['passed']} passed, {counts['failed']} failed"
    if counts["skipped"]:
        closing += f", {counts['skipped']} skipped"
    print(closing)
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    if sys.argv[1] == "--failed":
        for failed in failed_in(pathlib.Path(sys.argv[2])):
            print(failed)
    else:
        sys.exit(main(sys.argv[1]))
