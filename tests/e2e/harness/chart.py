"""The Helm chart as Helm rendered it, charts/linger/examples/rendered, and Helm itself where there is one."""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from .paths import ROOT

CHART = ROOT / "charts" / "linger"
EXAMPLES = sorted(path.stem for path in (CHART / "examples").glob("*.yaml"))
KUBERNETES = "1.30.0"


def missing() -> str | None:
    return None if importlib.util.find_spec("yaml") else "yaml (package python3-yaml)"


def program() -> str | None:
    return os.environ.get("HELM") or shutil.which("helm")


def text_of(example: str) -> str:
    return (CHART / "examples" / "rendered" / f"{example}.yaml").read_text()


def objects_of(example: str) -> list[dict]:
    import yaml
    return [each for each in yaml.safe_load_all(text_of(example)) if each]


def one(example: str, kind: str) -> dict:
    return next(each for each in objects_of(example) if each["kind"] == kind)


def pod_of(example: str) -> dict:
    return one(example, "DaemonSet")["spec"]["template"]["spec"]


def container_of(example: str) -> dict:
    container, = pod_of(example)["containers"]
    return container


def helm(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run([program(), *map(str, arguments)], capture_output=True, text=True, timeout=60)


def template(*arguments) -> subprocess.CompletedProcess:
    return helm("template", "linger", CHART, "--namespace", "linger", "--kube-version", KUBERNETES, *arguments)
