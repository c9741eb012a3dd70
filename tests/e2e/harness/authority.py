"""Certificates for the length of a test."""

import subprocess
from pathlib import Path


def openssl(*arguments) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    """Signs certificates for the length of a test."""

    def __init__(self, directory: Path):
        self._directory = directory
        directory.mkdir()
        self.certificate = directory / "ca.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", directory / "ca.key", "-out", self.certificate, "-days", "2",
                "-subj", "/CN=Test authority")

    def sign(self, name: str, host: str | None = None) -> tuple[Path, Path]:
        """A certificate of this common name, for `host`, and its key."""
        key, request, certificate = (self._directory / f"{name}.{kind}"
                                     for kind in ("key", "csr", "pem"))
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                key, "-out", request, "-subj", f"/CN={name}")
        extensions = self._directory / f"{name}.ext"
        extensions.write_text(f"subjectAltName = {host}\n" if host else "")
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey",
                self._directory / "ca.key", "-CAcreateserial", "-out", certificate, "-days", "2",
                "-extfile", extensions)
        return certificate, key


def tls(authority: Path, certificate: Path, key: Path) -> list:
    return ["--tls-ca", authority, "--tls-cert", certificate, "--tls-key", key]
