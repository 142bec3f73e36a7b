"""Writing to a store: what the operating system refuses becomes one error that names the store."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from motionbench.errors import MissingResourceError


@contextlib.contextmanager
def writing(root: Path) -> Iterator[None]:
    """Raise MissingResourceError for an OSError inside: it would meet every further item too, so it stops a run."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename and str(error.filename) != str(root) else ""
        raise MissingResourceError(
            f"cannot write the store {root}: {error.strerror or error}{where}\n"
            "Mend that, or choose another folder: --store DIR or MOTIONBENCH_STORE=DIR"
        ) from error
