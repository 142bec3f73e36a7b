"""Writing to a store: what the operating system refuses becomes one error that names the store."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from motionbench.errors import MissingResourceError

_NO_MORE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
"""No space, no quota, no larger file, no writing at all."""


@contextlib.contextmanager
def writing(root: Path) -> Iterator[None]:
    """Raise MissingResourceError for an OSError inside: it would meet every further item too, so it stops a run."""
    try:
        yield
    except OSError as error:
        raise _refused(root, error) from error


@contextlib.contextmanager
def until_full(root: Path) -> Iterator[None]:
    """As ``writing`` for a block that does more than write: only what a disk says when it takes no more is meant."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_MORE:
            raise _refused(root, error) from error
        raise


def _refused(root: Path, error: OSError) -> MissingResourceError:
    where = f" ({error.filename})" if error.filename and str(error.filename) != str(root) else ""
    return MissingResourceError(
        f"cannot write the store {root}: {error.strerror or error}{where}\n"
        "Mend that, or choose another folder: --store DIR or MOTIONBENCH_STORE=DIR"
    )
