"""Where things are."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SHOP = ROOT / "examples" / "shop"
WORKLOADS = ROOT / "tests" / "workloads"
# LINGER_BIN names the directory of another build's programs.
BINARIES = Path(os.environ.get("LINGER_BIN", ROOT / "build" / "bin"))
# Where the build made the page, with what npm fetched for that.
DASHBOARD = BINARIES.resolve().parent / "dashboard"
