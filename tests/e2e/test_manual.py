"""Do the manual pages read well, and do the shells complete what the programs understand?"""

import os
import shutil
import subprocess

import pytest
from harness.agent import run
from harness.paths import BINARIES, WORKLOADS
from harness.typed import TypedShell
from services.gunicorn import Gunicorn

MANUAL = BINARIES.resolve().parent / "manual"
PAGES = sorted(MANUAL.glob("man/*/*"))
ENVIRONMENT = {**os.environ, "PATH": f"{BINARIES}:{os.environ['PATH']}", "TERM": "vt100",
               "LC_ALL": "C.UTF-8"}


def shell(*command) -> list[str]:
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout.splitlines()


def completed_by_bash(*words: str) -> list[str]:
    """What bash offers for the last of the words."""
    return shell("bash", "-c", f"""
        source {MANUAL}/completions/bash/{words[0]}
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        $(complete -p {words[0]} | sed 's/.* -F //; s/ .*//')
        [ "${{#COMPREPLY[@]}}" -eq 0 ] || printf '%s\\n' "${{COMPREPLY[@]}}" """, "bash", *words)


def completed_by_fish(line: str) -> list[str]:
    program = line.split()[0]
    lines = shell("fish", "--no-config", "-c",
                  f"source {MANUAL}/completions/fish/{program}.fish; complete -C '{line}'")
    return [line.split("\t")[0] for line in lines]


def commands() -> list[str]:
    text = run("linger", "--help").stdout.split("Subcommands:\n")[1].split("\n\n")[0]
    return [line.split()[0] for line in text.splitlines() if line[2:3].strip()]


def test_each_command_has_a_page():
    names = {page.name for page in PAGES}
    assert names == {f"linger-{command}.1" for command in commands()} | \
        {"linger.1", "linger.toml.5", "lingerd.8"}


@pytest.mark.requires("mandoc")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_without_fault(page):
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page],
                          capture_output=True, text=True)
    assert (lint.returncode, lint.stdout) == (0, "")


@pytest.mark.requires("mandoc")
def test_a_page_says_what_the_help_says():
    page = " ".join("".join(subprocess.run(
        ["mandoc", "-T", "utf8", "-O", "width=500", MANUAL / "man/man1/linger-heap.1"], check=True,
        capture_output=True, text=True).stdout.split("\b")).split())
    text = run("linger", "heap", "--help").stdout
    for example in text.split("Examples:\n")[1].splitlines():
        assert " ".join(example.split()) in page
    assert "Take two censuses, this far apart, and say what grew" in page


def test_bash_completes_commands_options_and_values(directory):
    assert completed_by_bash("linger", "") == commands()
    assert completed_by_bash("linger", "rep") == ["replay"]
    assert completed_by_bash("linger", "watch", "re") == ["requests"]
    assert completed_by_bash("linger", "diagnose", "--fail-on", "w") == ["warning"]
    assert completed_by_bash("linger", "diagnose", "--format", "=", "h") == ["html"]
    assert completed_by_bash("linger", "diagnose", "--fail-on", "=") == ["info", "warning",
                                                                        "critical"]
    assert completed_by_bash("linger", "profile", "--k") == ["--kind"]
    assert completed_by_bash("linger", "profile", "--duration", "") == []
    assert completed_by_bash("lingerd", "--esc") == ["--escalate"]
    (directory / "slow.linger").touch()
    assert completed_by_bash("linger", "replay", f"{directory}/sl") == [f"{directory}/slow.linger"]


@pytest.mark.parametrize("command", commands())
def test_bash_offers_each_option(command):
    offered = completed_by_bash("linger", command, "-")
    text = run("linger", command, "--help").stdout
    options = text.split("Options:\n")[1].split("\n\n")[0]
    named = [word for line in options.splitlines() if line.startswith("  -")
             for word in line.split()[0].split(",")]
    assert sorted(offered) == sorted(named)


def test_bash_completes_what_is_typed():
    with TypedShell(["bash", "--norc", "--noprofile", "-i"], {**ENVIRONMENT, "PS1": "$ "}) as typed:
        typed.type(f"source {MANUAL}/completions/bash/linger; echo sour''ced\n")
        typed.wait_for("sourced")
        typed.type("linger diagnose --memory=al\t")
        typed.wait_for("locations")


@pytest.mark.requires("zsh")
def test_zsh_completes_what_is_typed(directory):
    with TypedShell(["zsh", "-f", "-i"], {**ENVIRONMENT, "ZDOTDIR": str(directory)}) as typed:
        typed.type(f"fpath=({MANUAL}/completions/zsh $fpath); autoload -U compinit; "
                   f"compinit -u -d {directory}/dump; echo rea''dy\n")
        typed.wait_for("ready")
        for line, rest in (("linger rep\t", "lay"), ("linger watch find\t", "ings"),
                           ("linger diagnose --fail-on cr\t", "itical"),
                           ("linger profile --kin\t", "d"), ("lingerd --escalate ce\t", "nsus")):
            typed.type(line)
            typed.wait_for(line.strip() + rest)
            typed.type("\x15")


@pytest.mark.requires("fish")
def test_fish_completes_commands_options_and_values():
    assert set(commands()) <= set(completed_by_fish("linger "))
    assert completed_by_fish("linger rep") == ["replay"]
    assert completed_by_fish("linger watch re") == ["requests"]
    assert completed_by_fish("linger diagnose --fail-on w") == ["warning"]
    assert completed_by_fish("linger profile --kin") == ["--kind"]
    assert completed_by_fish("lingerd --escalate ce") == ["census"]


@pytest.mark.requires("gunicorn", "flask")
def test_the_servers_that_run_are_offered(directory):
    with Gunicorn(directory, "ground_truth:app", "--workers", "2", chdir=WORKLOADS, env={},
                  ready_path="/hello") as server:
        assert str(server.tgid) in completed_by_bash("linger", "diagnose", "--pid", "")
        workers = set(map(str, server.workers()))
        assert workers <= set(completed_by_bash("linger", "heap", "--pid", ""))
        if shutil.which("fish"):
            assert workers <= set(completed_by_fish("linger heap --pid "))
