"""Is the page that a report can be written as what a browser shows, to everyone, without help?"""

import os
import re
import subprocess
from pathlib import Path

import pytest
from harness.agent import DONE, run
from harness.requirements import PROBES, SERVICES

pytestmark = pytest.mark.requires("chromium", *PROBES, *SERVICES)


@pytest.fixture(scope="module")
def page(shop_recordings, session_directory):
    """The page about the sick shop."""
    path = session_directory / "sick.html"
    replayed = run("linger", "replay", shop_recordings.of("sick", "sick"), "--format", "html",
                   "--output", path)
    assert replayed.status == DONE, replayed.stderr
    assert replayed.stdout == ""
    return path


def browse(page: Path, *options) -> str:
    """What Chromium prints about the page. It may reach no host."""
    done = subprocess.run(
        ["/usr/bin/chromium", "--headless", "--no-sandbox", "--disable-gpu",
         "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND",
         f"--user-data-dir={page.parent / 'chromium'}", *options, page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
        env={**os.environ, "HOME": str(page.parent)})
    return done.stdout


def test_shows_the_sick_endpoint_and_its_finding_in_a_browser(page):
    dom = browse(page, "--dump-dom")
    findings = dom[dom.index('id="findings"'):dom.index('id="workers"')]
    assert "blocking-io-in-request" in findings
    assert "GET /report/{}" in findings
    # A finding, a bar of the timeline, a row of the table, a frame of the flame graph.
    assert re.search(r'<article class="finding s-CRITICAL">', dom)
    assert re.search(r'<rect class="c-database"[^>]*><title>GET /report/\{\}, ', dom)
    assert re.search(r'<th scope="row">GET /report/\{\}</th>', dom)
    assert re.search(r"shop/report\.py:\d+ in [^<]*: SELECT", dom)
    assert "kept by requests" in dom


def test_is_small_and_needs_nobody(page):
    text = page.read_text()
    assert len(text) < 300_000
    assert "<script" not in text
    assert not re.search(r"https?://", text)


def test_is_drawn_in_the_light_and_in_the_dark(page, directory):
    drawn = {}
    for scheme, options in {"light": [], "dark": ["--force-dark-mode"]}.items():
        image = directory / f"{scheme}.png"
        browse(page, f"--screenshot={image}", "--window-size=1200,900", *options)
        drawn[scheme] = image.read_bytes()
    for image in drawn.values():
        assert image.startswith(b"\x89PNG") and len(image) > 10_000
    assert drawn["light"] != drawn["dark"]
