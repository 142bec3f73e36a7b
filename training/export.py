"""Write the ``mini-wan`` pipeline folder from the runs' averaged weights.

``python -m training.export --components FILE --decoder RUN --backbone RUN --folder motionbench/mini/models/mini-wan``
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import torch
from diffusers import FlowMatchEulerDiscreteScheduler, WanPipeline

from training.linear_encoder import build, load_components
from training.text import build_tokenizer
from training.train_backbone import TextToLatents


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--components", type=Path, required=True)
    parser.add_argument("--decoder", type=Path, required=True)
    parser.add_argument("--backbone", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()

    autoencoder = build(load_components(arguments.components))
    model = TextToLatents()
    for folder, target in ((arguments.decoder, autoencoder.decoder), (arguments.backbone, model)):
        target.load_state_dict(torch.load(folder / "state.pt", weights_only=True)["average"])
    pipeline = WanPipeline(
        tokenizer=build_tokenizer(),
        text_encoder=model.text_encoder,
        transformer=model.transformer,
        vae=autoencoder,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
    )
    pipeline.save_pretrained(arguments.folder, safe_serialization=True)
    for name, run in (("decoder", arguments.decoder), ("backbone", arguments.backbone)):
        shutil.copy(run / "log.jsonl", arguments.folder / f"{name}.log.jsonl")


if __name__ == "__main__":
    main()
