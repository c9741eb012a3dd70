"""A Kubernetes API server of this test's own, with etcd behind it, on loopback and without a node: what says whether it
takes an object."""

import json
import os
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from services.processes import Process, free_port

TOKEN = "of-this-test"
PATIENCE_SECONDS = 120


def _program(name: str, variable: str) -> str | None:
    return os.environ.get(variable) or shutil.which(name)


def missing() -> str | None:
    if not _program("kube-apiserver", "KUBE_APISERVER"):
        return "kube-apiserver, which Debian does not have; KUBE_APISERVER names one"
    if not _program("etcd", "ETCD"):
        return "etcd (package etcd-server; ETCD names another one)"
    return None


class Refused(Exception):
    """The API server's own sentence."""


class ApiServer:
    def __init__(self, directory: Path):
        self._directory = directory
        self._port = free_port()
        # Its certificate is one that it makes for itself, and the connection does not leave loopback.
        self._tls = ssl._create_unverified_context()
        self._processes: list[Process] = []

    def __enter__(self):
        peer, client = free_port(), free_port()
        etcd = Process(
            [_program("etcd", "ETCD"), "--data-dir", self._directory / "etcd", "--unsafe-no-fsync",
             "--listen-client-urls", f"http://127.0.0.1:{client}", "--advertise-client-urls", f"http://127.0.0.1:{client}",
             "--listen-peer-urls", f"http://127.0.0.1:{peer}", "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}",
             "--initial-cluster", f"default=http://127.0.0.1:{peer}"], self._directory / "etcd.log")
        self._processes.append(etcd)
        key, tokens = self._directory / "accounts.key", self._directory / "tokens.csv"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        tokens.write_text(f"{TOKEN},test,test,system:masters\n")
        server = Process(
            [_program("kube-apiserver", "KUBE_APISERVER"), "--etcd-servers", f"http://127.0.0.1:{client}",
             "--bind-address", "127.0.0.1", "--secure-port", self._port, "--cert-dir", self._directory / "certificates",
             "--token-auth-file", tokens, "--authorization-mode", "AlwaysAllow", "--service-cluster-ip-range", "10.0.0.0/24",
             "--service-account-issuer", "https://test", "--service-account-key-file", key,
             "--service-account-signing-key-file", key,
             # There is no controller that makes the accounts.
             "--disable-admission-plugins", "ServiceAccount"], self._directory / "apiserver.log")
        self._processes.append(server)
        try:
            server.wait_until(self._ready, PATIENCE_SECONDS, "the API server is ready")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self._processes):
            process.stop()

    def _ask(self, path: str, body: dict | None = None) -> dict:
        request = urllib.request.Request(
            f"https://127.0.0.1:{self._port}{path}", None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30, context=self._tls) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Refused(error.read().decode()) from error

    def _ready(self) -> bool:
        try:
            request = urllib.request.Request(f"https://127.0.0.1:{self._port}/readyz",
                                             headers={"Authorization": f"Bearer {TOKEN}"})
            with urllib.request.urlopen(request, timeout=5, context=self._tls) as answer:
                return answer.status == 200
        except OSError:
            return False

    def _resource(self, what: dict) -> tuple[str, dict] | None:
        """Where objects of that kind are, and what the server knows of them."""
        version = what["apiVersion"]
        path = f"/apis/{version}" if "/" in version else f"/api/{version}"
        try:
            known = self._ask(path)["resources"]
        except Refused:
            return None
        return next(((path, each) for each in known if each["kind"] == what["kind"] and "/" not in each["name"]), None)

    def knows(self, what: dict) -> bool:
        return self._resource(what) is not None

    def create(self, what: dict, *, dry: bool) -> dict:
        """The object as the server would keep it, or keeps it; Refused for a field that it does not know."""
        path, resource = self._resource(what)
        if resource["namespaced"]:
            path += f"/namespaces/{what['metadata']['namespace']}"
        options = "fieldValidation=Strict" + ("&dryRun=All" if dry else "")
        return self._ask(f"{path}/{resource['name']}?{options}", what)
