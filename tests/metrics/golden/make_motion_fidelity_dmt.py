"""Recompute ``motion_fidelity_dmt.json`` with the published functions.

Usage: ``python make_motion_fidelity_dmt.py CHECKOUT`` where CHECKOUT is a work tree of the repository
diffusion-motion-transfer/diffusion-motion-transfer. The two functions are taken from its ``motion_fidelity_score.py``
without importing the module, whose other imports need CoTracker. Only our inputs' seeds and the numbers are written.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent))
from tracks import CASES, seeded_tracks

FUNCTIONS = ("get_similarity_matrix", "get_score")


def published(checkout: Path) -> SimpleNamespace:
    """The functions of FUNCTIONS, compiled from the checkout's file."""
    source = (checkout / "motion_fidelity_score.py").read_text(encoding="utf-8")
    tree = ast.parse(source)
    tree.body = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in FUNCTIONS]
    names: dict[str, object] = {"torch": torch}
    exec(compile(tree, "motion_fidelity_score.py", "exec"), names)
    return SimpleNamespace(**{name: names[name] for name in FUNCTIONS})


def main(checkout: Path) -> None:
    commit = subprocess.check_output(["git", "-C", str(checkout), "rev-parse", "HEAD"], text=True).strip()
    theirs = published(checkout)
    rows = []
    for case in CASES:
        pair = (torch.from_numpy(tracks) for tracks in seeded_tracks(case))
        value = theirs.get_score(theirs.get_similarity_matrix(*pair))["average_score"]
        rows.append({"case": case.name, "value": None if np.isnan(value) else value})
    golden = {
        "source": "diffusion-motion-transfer/diffusion-motion-transfer motion_fidelity_score.py",
        "commit": commit,
        "note": "value null is NaN",
        "rows": rows,
    }
    path = Path(__file__).with_name("motion_fidelity_dmt.json")
    path.write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
