"""Try one setting of a guided method on mini-wan, on clips outside every suite, and add a line to a log.

``python -m benchmarks.search_guidance_preset ditflow --log search.jsonl --set window=0.5 learning_rate=0.05``. The
presets ``mini`` of ``ditflow``, ``smm``, ``moft`` and ``motion-clone`` were chosen with it.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks.search_mini_preset import Judge, cases, parse
from motionbench import registry
from motionbench.data.suites import ManifestSuite
from motionbench.data.video import write_lossless


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("method")
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--clips", type=int, default=4)
    parser.add_argument("--preset", default="")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--videos", type=Path, help="a folder for the generations")
    parser.add_argument("--set", nargs="*", default=[])
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    spec = registry.method(arguments.method)
    changed = parse(arguments.set, spec.defaults)
    preset = spec.presets[arguments.preset] if arguments.preset else {}
    backbone_spec = registry.backbone("mini-wan")
    backbone = registry.implementation(backbone_spec)(backbone_spec)
    method = registry.implementation(spec)(backbone, {**spec.defaults, **preset, **changed})
    judge = Judge(ManifestSuite("mini").protocol)
    rows, seconds = [], []
    for case in cases(arguments.clips):
        plain = backbone.generate(case.prompt, seed=0)
        started = time.monotonic()
        video = method.generate(case, None, seed=0)
        seconds.append(time.monotonic() - started)
        judged = [(judge.fidelity(case, v), judge.text(case, v)) for v in (plain, video)]
        rows.append([value for pair in judged for value in pair])
        print(case.id, np.round(rows[-1], 3).tolist(), flush=True)
        if arguments.videos:
            write_lossless(arguments.videos / f"{case.id}.mkv", video)
    table = np.array(rows)
    gains = table[:, 2] - table[:, 0]
    line = {
        "method": spec.name,
        "preset": arguments.preset,
        "set": changed,
        "clips": arguments.clips,
        "fidelity": [round(float(table[:, column].mean()), 3) for column in (0, 2)],
        "gain": round(float(gains.mean()), 3),
        "gain_error": round(float(gains.std(ddof=1) / len(gains) ** 0.5), 3) if len(gains) > 1 else None,
        "text": [round(float(table[:, column].mean()), 3) for column in (1, 3)],
        "seconds": round(float(np.mean(seconds)), 1),
    }
    with arguments.log.open("a") as stream:
        stream.write(json.dumps(line) + "\n")
    print(json.dumps(line))


if __name__ == "__main__":
    main()
