"""A store as a whole: opening it, its plans, environments and rows."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from motionbench.errors import MissingResourceError, UsageError
from motionbench.store import records, rows, verdicts
from motionbench.store.keys import digest_of
from motionbench.store.objects import Objects
from motionbench.store.records import Configuration, Environment, Row
from motionbench.store.verdicts import Rejection
from motionbench.store.writing import writing

if TYPE_CHECKING:
    import pandas as pd


_MARKER = "store.json"


class Store:
    """One folder with everything that runs leave behind; open it with ``Store.open``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.objects = Objects(root)

    @classmethod
    def open(cls, root: Path, *, create: bool = True) -> Store:
        """Raises MissingResourceError where the folder is not there or cannot be written."""
        marker = root / _MARKER
        if not marker.is_file():
            if not create:
                raise MissingResourceError(
                    f"no store at {root}\n"
                    "Make one with motionbench eval, or name it: --store DIR or MOTIONBENCH_STORE=DIR"
                )
            with writing(root):
                root.mkdir(parents=True, exist_ok=True)
                _mark(root)
        elif create:
            with writing(root):
                _probe(root)
        records.check_schema(records.loads(marker.read_bytes(), str(marker)), str(marker))
        return cls(root)

    @property
    def schema_version(self) -> int:
        """Of what was written when the store was made, or last migrated."""
        marker = self.root / _MARKER
        return int(records.loads(marker.read_bytes(), str(marker))["schema_version"])

    def mark(self) -> None:
        """Write down that the store is of the present schema."""
        with writing(self.root):
            _mark(self.root)

    def writer(self) -> rows.RowWriter:
        """A writer of rows with a file of its own."""
        return rows.RowWriter(self.root)

    def rows(self) -> list[Row]:
        """All rows, one a score."""
        return rows.read(self.root)

    def compact(self) -> Path | None:
        """Join the rows into one Parquet file."""
        return rows.compact(self.root)

    def save_plan(self, configuration: Configuration) -> Path:
        """Write ``plans/<plan_id>.json``."""
        return self._write(f"plans/{configuration.plan_id}.json", records.to_json(configuration))

    def plans(self) -> list[Configuration]:
        """All plans, the latest first."""
        files = (self.root / "plans").glob("*.json")
        found = [records.configuration_from(records.loads(file.read_bytes(), str(file)), str(file)) for file in files]
        return sorted(found, key=lambda plan: plan.written_at, reverse=True)

    def plan(self, plan_id: str = "") -> Configuration:
        """The plan whose id begins so, or the latest one."""
        known = self.plans()
        found = [plan for plan in known if plan.plan_id.startswith(plan_id)]
        if not known:
            raise MissingResourceError(f"no run in the store {self.root} yet\nMake one: motionbench eval --method fym")
        if not found or (plan_id and len(found) > 1):
            listing = "\n".join(f"  {plan.plan_id}  {plan.suite}  {plan.command}" for plan in known)
            raise UsageError(f"{len(found)} plans of {self.root} begin with {plan_id!r}; it holds\n{listing}")
        return found[0]

    def save_environment(self, environment: Environment) -> str:
        """Write ``environments/<id>.json`` once and give the id."""
        told = records.environment_to_json(environment)
        identity = digest_of(told)[:16]
        if not (self.root / f"environments/{identity}.json").is_file():
            self._write(f"environments/{identity}.json", told)
        return identity

    def environments(self, ids: Iterable[str]) -> dict[str, Environment]:
        """Those of these ids that the store holds."""
        files = {identity: self.root / f"environments/{identity}.json" for identity in sorted(set(ids))}
        return {
            identity: records.environment_from(records.loads(file.read_bytes(), str(file)), str(file))
            for identity, file in files.items()
            if file.is_file()
        }

    def save_self_check(self, found: object) -> Path:
        """Write ``selfcheck.json``, in place of an earlier one."""
        return self._write(verdicts.FILE, records.to_json(found))

    def rejections(self) -> tuple[Rejection, ...]:
        """The metrics that the last self-check did not admit; none where there was no check."""
        path = self.root / verdicts.FILE
        if not path.is_file():
            return ()
        return verdicts.rejections_from(records.loads(path.read_bytes(), str(path)), str(path))

    def log(self, name: str, text: str) -> None:
        """Add the traceback of a failed item to what it printed; a disk that is full must not hide the failure."""
        with contextlib.suppress(OSError):
            self.logs.mkdir(exist_ok=True)
            with (self.logs / name).open("a", encoding="utf-8") as file:
                file.write(text)

    @property
    def logs(self) -> Path:
        """Where items' logs are."""
        return self.root / "logs"

    def _write(self, name: str, data: object) -> Path:
        path = self.root / name
        with writing(self.root):
            path.parent.mkdir(exist_ok=True)
            partial = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
            partial.write_text(json.dumps(data, indent=1, allow_nan=False), encoding="utf-8")
            partial.replace(path)
        return path


def read_rows(store: Store) -> pd.DataFrame:
    """All rows of a store as a pandas frame: one row a score, ``value`` missing where there is none."""
    import pandas as pd

    return pd.DataFrame([records.to_json(row) for row in store.rows()])


def _mark(root: Path) -> None:
    partial = root / f".store.{uuid.uuid4().hex[:8]}"
    partial.write_text(json.dumps({"schema_version": records.SCHEMA_VERSION, "created_by": "motionbench"}))
    partial.replace(root / _MARKER)


def _probe(root: Path) -> None:
    """Write and remove a file: permission bits say nothing of a read-only file system, nor to the superuser."""
    probe = root / f".probe.{uuid.uuid4().hex[:8]}"
    probe.touch()
    probe.unlink()
