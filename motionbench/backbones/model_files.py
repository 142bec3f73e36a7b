"""The folder that a backbone is loaded from, wherever its spec says that it is."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from motionbench.backbones import hub
from motionbench.backbones.catalog import TINY
from motionbench.specs import BackboneSpec
from motionbench.weights import model_folder


@contextmanager
def opened(spec: BackboneSpec) -> Iterator[Path]:
    """A diffusers folder, there while it is loaded; raises MissingResourceError where there is none."""
    if spec.source.startswith(TINY):
        from motionbench.backbones import tiny_random

        with tempfile.TemporaryDirectory(prefix="motionbench-tiny-") as name:
            tiny_random.pipeline(spec).save_pretrained(name)
            yield Path(name)
    else:
        yield hub.folder(spec) if spec.revision else model_folder(spec.source)
