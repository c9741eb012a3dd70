"""Each layer of agent/ includes only the layers that it is allowed to know."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
AGENT = ROOT / "agent"

# What stands before the first slash of an include; the standard library's headers have none.
MAY_INCLUDE = {
    "base": set(),
    "domain": {"base"},
    "decode": {"base", "domain", "wire"},
    "kernel": {"base", "bpf"},
    "python": {"base", "domain"},
    "discover": {"base", "domain"},
    "collect": {"base", "domain", "decode", "kernel", "python", "wire", "bpf"},
    "diagnose": {"base", "domain"},
    "serve": {"base", "domain", "google", "grpc", "grpcpp", "linger", "opentelemetry"},
    "app": {"base", "domain", "decode", "kernel", "python", "discover", "collect", "diagnose", "serve", "CLI"},
}
GUARDED = set().union(*MAY_INCLUDE.values()) | MAY_INCLUDE.keys() | {"spdlog", "toml++"}
MAY_INCLUDE["app"] |= {"spdlog", "toml++"}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]', re.MULTILINE)
SOCKET_HEADERS = {"sys/socket.h", "arpa/inet.h", "netinet/in.h", "netinet/tcp.h", "sys/un.h", "netdb.h"}


def sources(folder):
    return sorted(path for path in folder.rglob("*") if path.suffix in {".h", ".cpp"})


def includes(path):
    return INCLUDE.findall(path.read_text())


def test_layers_include_only_what_they_may_know():
    broken = [
        f"{path.relative_to(ROOT)} includes {header}, which {layer}/ must not know"
        for layer, allowed in MAY_INCLUDE.items()
        for path in sources(AGENT / layer)
        for header in includes(path)
        if "/" in header and header.split("/")[0] in GUARDED - allowed - {layer}
    ]
    assert not broken, "\n".join(broken)


def test_every_folder_of_agent_is_a_known_layer():
    assert {path.name for path in AGENT.iterdir() if path.is_dir()} <= MAY_INCLUDE.keys()


def test_only_collect_includes_skeletons():
    broken = [str(path) for path in sources(AGENT) for header in includes(path)
              if header.endswith(".skel.h") and path.parent.name != "collect"]
    assert not broken, broken


def test_socket_headers_come_through_base():
    """<sys/socket.h> declares a struct with our namespace's name: see agent/base/socket.h."""
    broken = [
        f"{path.relative_to(ROOT)} includes <{header}>"
        for path in sources(AGENT) + sources(ROOT / "tests")
        if path != AGENT / "base/socket.h"
        for header in includes(path)
        if header in SOCKET_HEADERS
    ]
    assert not broken, "\n".join(broken)
