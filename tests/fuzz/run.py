#!/usr/bin/python3
"""Runs every fuzzer for a bounded time, from its seeds, and writes a JUnit report with a case each.

usage: run.py [--runs N] [--seconds N] DIRECTORY REPORT.xml

DIRECTORY holds the programs, one for each *_fuzz.cpp beside this file; one that is missing has failed. An
input that breaks a property is kept in DIRECTORY/../crashes. The random numbers are the same each time,
so that a failure tells of a change. Exit status: 0 when the report was written.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor

HERE = pathlib.Path(__file__).resolve().parent
SECONDS_PER_INPUT = 10
EXECUTED = re.compile(r"^stat::number_of_executed_units:\s*(\d+)", re.MULTILINE)
NOT_XML = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd]")


def problem_of(name, options):
    """What is wrong with one fuzzer or what it fuzzes; "" when nothing is."""
    program = options.directory / f"{name}_fuzz"
    seeds = HERE / "corpus" / name
    if not program.exists():
        return f"{program} was not built"
    if not any(seeds.glob("*")):
        return f"{seeds} holds no seeds"
    crashes = options.directory.parent / "crashes"
    crashes.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as found:
        command = [program, f"-runs={options.runs}", f"-max_total_time={options.seconds}", "-seed=1",
                   f"-timeout={SECONDS_PER_INPUT}", "-rss_limit_mb=2048", "-print_final_stats=1",
                   f"-artifact_prefix={crashes}/{name}-", found, seeds]
        try:
            run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                 errors="replace", check=False, timeout=options.seconds + 120)
        except subprocess.TimeoutExpired:
            return f"still running {120} s after its time"
    executed = EXECUTED.search(run.stdout)
    if run.returncode != 0:
        return f"ended with status {run.returncode}:\n{run.stdout[-6000:]}"
    if not executed or int(executed[1]) < len(list(seeds.iterdir())):
        return f"did not even run its seeds:\n{run.stdout[-2000:]}"
    print(f"{name}: {executed[1]} inputs", flush=True)
    return ""


def timed(name, options):
    begin = time.monotonic()
    return problem_of(name, options), time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=200_000)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("directory", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("report", type=pathlib.Path)
    options = parser.parse_args()

    names = sorted(path.stem.removesuffix("_fuzz") for path in HERE.glob("*_fuzz.cpp"))
    suite = ElementTree.Element("testsuite", name="fuzz", tests=str(len(names)))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = list(pool.map(lambda name: timed(name, options), names))
    for name, (problem, seconds) in zip(names, outcomes):
        case = ElementTree.SubElement(suite, "testcase", classname="fuzz", name=name, time=f"{seconds:.1f}")
        if problem:
            print(f"{name}: {problem}", file=sys.stderr, flush=True)
            ElementTree.SubElement(case, "failure", message=f"{name} failed").text = NOT_XML.sub("?", problem)
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    ElementTree.ElementTree(suite).write(options.report, encoding="unicode")


if __name__ == "__main__":
    main()
