"""The content-addressed store: objects by the hash of whatever decides them, and rows of scores.

Layout, under one root::

    store.json                       schema version
    objects/<stage>/<k2>/<key>/      payload files, meta.json, DONE (written last; the folder is renamed into place)
    work/<stage>-<key>/              tuning under way, resumable; becomes the object when it is finished
    commits.lock                     held while an object is renamed into place or away
    rows/<writer>.jsonl              scores as they come, one writer a file
    compact/rows-*.parquet           the same rows, compacted
    plans/<plan_id>.json             what was asked
    leases/<stage>-<key>             who of several workers is at work on what
    runs/<id>/                       what workers and their driver tell each other while they run
    selfcheck.json                   the last self-check of the metrics
    environments/<id>.json           where it ran

An object is there if its ``DONE`` is, and if the sizes that ``DONE`` lists are those on disk; ``verify`` compares the
digests too. Killing a process at any moment leaves either the whole object or none.
"""

from motionbench.store.keys import STAGES, Stage, key
from motionbench.store.objects import Meta, Outcome
from motionbench.store.records import (
    SCHEMA_VERSION,
    CaseLine,
    Configuration,
    Environment,
    MethodLine,
    MetricLine,
    Row,
    RowStatus,
)
from motionbench.store.root import Store, read_rows
from motionbench.store.verdicts import Rejection

__all__ = [
    "SCHEMA_VERSION",
    "STAGES",
    "CaseLine",
    "Configuration",
    "Environment",
    "Meta",
    "MethodLine",
    "MetricLine",
    "Outcome",
    "Rejection",
    "Row",
    "RowStatus",
    "Stage",
    "Store",
    "key",
    "read_rows",
]
