"""The README's table is that of a run record: ``python -m results.readme`` checks it, ``--write`` writes it."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from motionbench import provenance
from motionbench.leaderboard import tables
from motionbench.leaderboard.aggregate import board

ROOT = Path(__file__).resolve().parent.parent
PLACE = re.compile(r"(<!-- table: (?P<record>\S+) -->\n).*?(<!-- /table -->)", re.DOTALL)


def rendered(record: str) -> str:
    """The Markdown of a record."""
    run = provenance.read_record(ROOT / record)
    return tables.markdown(board(run.configuration, run.scores))


def filled(text: str) -> str:
    """A page with every marked table made anew."""
    return PLACE.sub(lambda found: f"{found[1]}{rendered(found['record'])}{found[3]}", text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    write = parser.parse_args().write
    stale = []
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        text = page.read_text(encoding="utf-8")
        if (made := filled(text)) != text:
            stale.append(page.relative_to(ROOT).as_posix())
            if write:
                page.write_text(made, encoding="utf-8")
    if stale and not write:
        print(f"stale tables in {', '.join(stale)}; type: python -m results.readme --write", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
