"""A real Prometheus that scrapes an agent."""

import json
import subprocess
import time
import urllib.parse
import urllib.request
from pathlib import Path

from services.processes import free_port


def fetch(url: str, **headers) -> str:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
        return answer.read().decode()


class Prometheus:
    """Scrapes `target`, and evaluates the rules of that file, every second; gone at the end of the block."""

    def __init__(self, directory: Path, target: str, rules: Path):
        # Groups of rules may have an interval of their own, for which no test waits.
        hurried = directory / "hurried.rules.yml"
        hurried.write_text(rules.read_text().replace("interval: 30s", "interval: 1s"))
        config = directory / "prometheus.yml"
        config.write_text(f"""
global: {{ scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }}
rule_files: [ "{hurried}" ]
scrape_configs:
  - job_name: linger
    static_configs: [ {{ targets: [ "{target}" ] }} ]
""")
        address = f"127.0.0.1:{free_port()}"
        self._url = f"http://{address}"
        with open(directory / "prometheus.log", "wb") as log:
            self._child = subprocess.Popen(
                ["/usr/bin/prometheus", f"--config.file={config}", f"--web.listen-address={address}",
                 f"--storage.tsdb.path={directory / 'tsdb'}", "--enable-feature=exemplar-storage"], stdout=log, stderr=log)

    def fetch(self, path: str) -> str:
        return fetch(self._url + path)

    def ask_strictly(self, expression: str) -> list:
        """HTTPError where it does not understand the expression."""
        query = urllib.parse.urlencode({"query": expression})
        return json.loads(self.fetch(f"/api/v1/query?{query}"))["data"]["result"]

    def ask(self, expression: str) -> list:
        """Nothing while it is not there yet."""
        try:
            return self.ask_strictly(expression)
        except OSError:
            return []

    def exemplars(self, series: str) -> list[dict]:
        """Of the latest minute; nothing while it is not there yet."""
        now = time.time()
        query = urllib.parse.urlencode({"query": series, "start": now - 60, "end": now + 60})
        try:
            found = json.loads(self.fetch(f"/api/v1/query_exemplars?{query}"))["data"]
        except OSError:
            return []
        return [exemplar for each in found for exemplar in each["exemplars"]]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._child.terminate()
        self._child.wait(30)
