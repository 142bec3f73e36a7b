"""An older store written down again under the present schema.

Reading upgrades data anyway (``records.UPGRADES``); migrating spares it, and lets a store say what it is. Objects have
no schema: their keys and digests stay. ``store.json`` is written last, so what was interrupted is begun again.
"""

from __future__ import annotations

from dataclasses import dataclass

from motionbench.store import records
from motionbench.store.root import Store


@dataclass(frozen=True)
class Migrated:
    """What was written again; nothing where the store is of the present schema."""

    earlier: int
    """The schema that the store had."""
    rows: int = 0
    plans: int = 0


def migrate(store: Store) -> Migrated:
    """Write rows and plans under the present schema; doing it twice changes nothing.

    Raises NotComparableError for a store of a newer release, UsageError for a schema that no release has written.
    """
    earlier = store.schema_version
    if earlier == records.SCHEMA_VERSION:
        return Migrated(earlier)
    rows, plans = store.rows(), store.plans()
    store.compact()
    for plan in plans:
        store.save_plan(plan)
    store.mark()
    return Migrated(earlier, len(rows), len(plans))
