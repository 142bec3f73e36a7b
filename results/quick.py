"""Run FYM on one reference a category of ``mini-full``, in an empty store, and gate it against the committed record.

What ``motionbench compare`` exits with, this does: 4 where a mean is worse than the record's on the same references,
8 where a score is missing, 5 where the record was made under another protocol or with other weights.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

RECORD = Path(__file__).resolve().parent / "mini-full.json"


def main() -> int:
    with tempfile.TemporaryDirectory() as store:
        command = ["motionbench", "eval", "--method", "fym", "--suite", "mini-full", "--quick", "--store", store]
        subprocess.run(command, check=True)
        return subprocess.run(["motionbench", "compare", "--common", str(RECORD), store], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
