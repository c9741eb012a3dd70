"""What a test cannot do without, and how to say that it is missing."""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from . import chart, cpu_group, golang, kubernetes, memory_group, pods
from .paths import DASHBOARD


def _root() -> str | None:
    return None if os.geteuid() == 0 else "root"


def _bpf() -> str | None:
    if not Path("/sys/kernel/btf/vmlinux").exists():
        return "a kernel with BTF (/sys/kernel/btf/vmlinux)"
    listed = subprocess.run(["bpftool", "prog", "list"], capture_output=True, text=True)
    return f"bpf(2): {listed.stderr.strip()}" if listed.returncode else None


def _program(name: str, package: str):
    return lambda: None if shutil.which(name) else f"{name} (package {package})"


def _file(path: str, package: str):
    return lambda: None if Path(path).exists() else f"{path} (package {package})"


def _module(name: str, package: str):
    return lambda: None if importlib.util.find_spec(name) else f"{name} (package {package})"


def _page() -> str | None:
    return None if (DASHBOARD / "dist").exists() else "a build with the page (npm)"


CHECKS = {
    "root": _root,
    "bpftool": _program("bpftool", "bpftool"),
    "bpf": _bpf,
    "wrk": _program("wrk", "wrk"),
    "openssl": _program("openssl", "openssl"),
    "mandoc": _program("mandoc", "mandoc"),
    "zsh": _program("zsh", "zsh"),
    "fish": _program("fish", "fish"),
    "cpack": _program("cpack", "cmake"),
    "dpkg-shlibdeps": _program("dpkg-shlibdeps", "dpkg-dev"),
    "systemd-analyze": _program("systemd-analyze", "systemd"),
    "seccomp": _module("seccomp", "python3-seccomp"),
    "tmux": _program("tmux", "tmux"),
    "gunicorn": _program("/usr/bin/gunicorn", "gunicorn"),
    "uwsgi": _file("/usr/lib/uwsgi/plugins/python3_plugin.so", "uwsgi-plugin-python3"),
    "nginx": _program("/usr/sbin/nginx", "nginx-light"),
    "uwsgi-http": _file("/usr/lib/uwsgi/plugins/http_plugin.so", "uwsgi-core"),
    "mod_wsgi": _file("/usr/lib/apache2/modules/mod_wsgi.so", "libapache2-mod-wsgi-py3"),
    "tcmalloc": _file("/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4", "libtcmalloc-minimal4"),
    "mimalloc": _file("/usr/lib/x86_64-linux-gnu/libmimalloc.so.2.0", "libmimalloc2.0"),
    "waitress": _module("waitress", "python3-waitress"),
    "uvicorn": _module("uvicorn", "python3-uvicorn"),
    "gevent": _module("gevent", "python3-gevent"),
    "eventlet": _module("eventlet", "python3-eventlet"),
    "tornado": _module("tornado", "python3-tornado"),
    "asyncpg": _module("asyncpg", "python3-asyncpg"),
    "postgres": _program("/usr/lib/postgresql/15/bin/postgres", "postgresql"),
    "psycopg2": _module("psycopg2", "python3-psycopg2"),
    "redis-server": _program("/usr/bin/redis-server", "redis-server"),
    "redis": _module("redis", "python3-redis"),
    "flask": _module("flask", "python3-flask"),
    "sqlalchemy": _module("sqlalchemy", "python3-sqlalchemy"),
    "requests": _module("requests", "python3-requests"),
    "mariadbd": _program("/usr/sbin/mariadbd", "mariadb-server"),
    "pymysql": _module("pymysql", "python3-pymysql"),
    "cgroup-cpu": cpu_group.missing,
    "cgroup-memory": memory_group.missing,
    "cgroup-2": pods.missing,
    "cgroup-hybrid": lambda: memory_group.missing_beside_version_2() or pods.missing(),
    "prometheus": _program("/usr/bin/prometheus", "prometheus"),
    "chromium": _program("/usr/bin/chromium", "chromium"),
    "page": _page,
    "grpc": _module("grpc", "python3-grpcio"),
    "yaml": chart.missing,
    "podman": _program("/usr/bin/podman", "podman"),
    "runc": _program("/usr/sbin/runc", "runc"),
    "otelcol": lambda: None if os.environ.get("OTELCOL") or shutil.which("otelcol")
    else "otelcol, which Debian does not have; OTELCOL names one",
    "curl": _program("curl", "curl"),
    "helm": lambda: None if chart.program() else "helm, which Debian does not have; HELM names one",
    "go": golang.missing,
    "go-modules": golang.missing_modules,
    "kube-apiserver": kubernetes.missing,
}
MARIADB = ["mariadbd", "pymysql"]
PROBES = ["root", "bpftool", "bpf"]
SERVICES = ["gunicorn", "postgres", "psycopg2", "redis-server", "redis", "flask", "requests"]


def first_missing(names) -> str | None:
    """The first of these requirements that this machine does not meet, for people; or None."""
    return next((missing for name in names if (missing := CHECKS[name]())), None)
