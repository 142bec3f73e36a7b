"""Finding and reading ``data_manifest.yaml``.

The file is looked for in this order: the argument, the environment variable ``MOTIONBENCH_MANIFEST``, the installed
package, the top of the checkout. Every fault of a file is reported at once, each with its line.
"""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

from pydantic import ValidationError

from motionbench.data import manifest_faults, yaml_lines
from motionbench.data.manifest import Manifest
from motionbench.errors import MissingResourceError, UsageError

FILE_NAME = "data_manifest.yaml"
VARIABLE = "MOTIONBENCH_MANIFEST"


def find(path: Path | str | None = None) -> Path:
    """Where the manifest is; raises MissingResourceError."""
    given = path or os.environ.get(VARIABLE)
    if given:
        if not Path(given).is_file():
            source = "the argument" if path else VARIABLE
            raise MissingResourceError(f"{source} names the manifest {given}, which is not a file; correct the path")
        return Path(given)
    package = Path(str(resources.files("motionbench")))
    for candidate in (package / FILE_NAME, package.parent / FILE_NAME):
        if candidate.is_file():
            return candidate
    raise MissingResourceError(
        f"{FILE_NAME} is neither in the package nor at the top of the checkout; "
        f"install again (pip install motionbench-transfer) or set {VARIABLE}"
    )


def load(path: Path | str | None = None) -> Manifest:
    """Read and validate; raises UsageError with one line a fault, MissingResourceError where there is no file."""
    document = yaml_lines.parse(find(path))
    try:
        manifest = Manifest.model_validate(document.data)
    except ValidationError as error:
        raise UsageError("\n".join(manifest_faults.of_schema(document, error))) from error
    faults = [document.fault(where, message) for where, message in manifest_faults.of_meaning(manifest, document)]
    if faults:
        raise UsageError("\n".join(faults))
    return manifest
