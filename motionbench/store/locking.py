"""Locks where the file system has them: a convenience among the processes of one machine.

Some network file systems have none, or none for folders. There whatever is correct is so by renames (``objects``) and
leases (``leases``), and what asks for a lock goes on without.
"""

from __future__ import annotations

import errno
import fcntl

_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF, errno.EINVAL}
"""EBADF: NFS locks only what is open for writing, which a folder never is."""


def wait(descriptor: int) -> bool:
    """Wait for the lock of an open file; False where there are no locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        return False
    return True


def attempt(descriptor: int) -> bool:
    """Take the lock; False where another has it, and where nobody can tell."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        return False
    return True
