"""Whatever a file holds, a reader of it succeeds or raises an error of ours; it neither hangs nor writes."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motionbench import options, request
from motionbench.cli import gating
from motionbench.data import manifest_file, prompts_csv, yaml_lines
from motionbench.errors import MotionBenchError
from motionbench.executors import orders
from motionbench.executors.events import KINDS, Tail
from motionbench.precomputed import by_table
from motionbench.provenance import read_record
from motionbench.sharding import Shard
from motionbench.store import Store

ROOT = Path(__file__).parents[2]
EXAMPLES = int(os.environ.get("MOTIONBENCH_FUZZ", "60"))
"""Of each reader; docs/faults.md tells of a longer run."""
FUZZ = settings(
    max_examples=EXAMPLES,
    derandomize="MOTIONBENCH_FUZZ" not in os.environ,  # a change is judged by the same files each time
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

MANIFEST = (ROOT / "data_manifest.yaml").read_text(encoding="utf-8").splitlines()[:32]
GATES = (ROOT / "motionbench/leaderboard/gates.yaml").read_text(encoding="utf-8").splitlines()
PROMPTS = ["file,category,reference_prompt,prompt", "car.mp4,camera,a car,a red star", "b.mp4,human,a man,a blue star"]
TABLE = ["case,file,seed", "pan-1--p1,a.mp4,0", "zoom-1--p1,b.mp4,1"]
HOSTILE = [
    "\x00",
    "\ufeff",
    "\ud7ff\u202e",
    '"',
    "'",
    "&a [*a]",
    "!!python/object/apply:os.system [true]",
    "<<: *x",
    "- - - - -",
    "[" * 3000,
    "{" * 3000,
    "'" * 70_000,
    "9" * 5000,
    "1e999",
    "-0",
    ".nan",
    "~",
    "2026-01-01",
    "../../etc/passwd",
    "%s %d {0}",
    "[bold]x[/bold]",
]


@st.composite
def damaged(draw: st.DrawFn, lines: list[str]) -> bytes:
    """Lines with some dropped, doubled, swapped or spoilt, and bytes with some flipped."""
    found = list(lines)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(found) - 1))
        kind = draw(st.sampled_from(["drop", "double", "swap", "insert", "cut", "spoil"]))
        piece = draw(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=12)))
        line = found[place]
        at = draw(st.integers(0, len(line)))
        if kind == "drop" and len(found) > 1:
            del found[place]
        elif kind == "double":
            found.insert(place, line)
        elif kind == "swap":
            other = draw(st.integers(0, len(found) - 1))
            found[place], found[other] = found[other], line
        elif kind == "insert":
            found.insert(place, piece)
        elif kind == "cut":
            found[place] = line[:at]
        else:
            found[place] = line[:at] + piece + line[at:]
    data = bytearray("\n".join(found).encode("utf-8", "surrogatepass"))
    for _ in range(draw(st.integers(0, 2))):
        if data:
            data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data)


def reads(reader: Callable[[Path], object], file: Path, content: bytes) -> None:
    """Fails where a reader raises what is no error of ours, or an error without a text."""
    file.write_bytes(content)
    before = sorted(file.parent.iterdir())
    with contextlib.suppress(MotionBenchError):
        reader(file)
    assert sorted(file.parent.iterdir()) == before


@pytest.mark.parametrize(
    ("name", "lines", "reader"),
    [
        ("data_manifest.yaml", MANIFEST, manifest_file.load),
        ("gates.yaml", GATES, lambda file: gating.load(file, ["clip_text"])),
        ("prompts.csv", PROMPTS, prompts_csv.read),
        ("videos.csv", TABLE, lambda file: by_table.candidates(file, file.parent)),
        ("run.yaml", ["method: [fym, lora]", "set: {fym.rank: 16}", "seeds: [0, 1]"], yaml_lines.parse),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_damaged_file_is_read_or_refused(
    tmp_path: Path, name: str, lines: list[str], reader: Callable[[Path], object]
) -> None:
    @FUZZ
    @given(damaged(lines))
    def check(content: bytes) -> None:
        reads(reader, tmp_path / name, content)

    check()


def _documents() -> st.SearchStrategy[object]:
    leaf = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8))
    return st.recursive(
        leaf, lambda part: st.one_of(st.lists(part, max_size=3), st.dictionaries(st.text(max_size=6), part, max_size=3))
    )


@st.composite
def changed_json(draw: st.DrawFn, document: object) -> bytes:
    """A document with values replaced, removed or added somewhere below it."""
    found = json.loads(json.dumps(document))
    for _ in range(draw(st.integers(1, 3))):
        node = found
        for _ in range(draw(st.integers(0, 4))):
            children = list(node.values()) if isinstance(node, dict) else node
            inner = [child for child in children if isinstance(child, dict | list) and child]
            if not inner:
                break
            node = draw(st.sampled_from(inner))
        places = list(node) if isinstance(node, dict) else list(range(len(node)))
        place = draw(st.sampled_from(places))
        match draw(st.sampled_from(["replace", "remove", "add"])):
            case "replace":
                node[place] = draw(_documents())
            case "remove" if len(node) > 1:
                del node[place]
            case _:
                if isinstance(node, dict):
                    node[draw(st.text(max_size=6))] = draw(_documents())
                else:
                    node.append(draw(_documents()))
    return json.dumps(found).encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def record() -> dict[str, object]:
    """A committed record with few scores."""
    data = json.loads((ROOT / "results/mini-full.json").read_text(encoding="utf-8"))
    data["scores"] = data["scores"][:2]
    for name in ("cases", "score_keys"):
        data["configuration"][name] = data["configuration"][name][:2]
    return data


def test_a_changed_run_record_is_read_or_refused(tmp_path: Path, record: dict[str, object]) -> None:
    @FUZZ
    @given(changed_json(record))
    def check(content: bytes) -> None:
        reads(read_record, tmp_path / "record.json", content)

    check()


def test_a_changed_store_is_read_or_refused(tmp_path: Path, record: dict[str, object]) -> None:
    store = Store.open(tmp_path / "store")
    plans, rows = store.root / "plans", store.root / "rows"
    plans.mkdir(exist_ok=True)
    rows.mkdir(exist_ok=True)

    @FUZZ
    @given(changed_json(record["configuration"]), changed_json(record["scores"]), st.binary(max_size=20))
    def check(configuration: bytes, scores: bytes, tail: bytes) -> None:
        lines = b"".join(json.dumps(row).encode() + b"\n" for row in json.loads(scores))
        (rows / "0-1-a.jsonl").write_bytes(lines + tail)
        reads(lambda file: store.plans(), plans / "p.json", configuration)
        with contextlib.suppress(MotionBenchError):
            store.rows()

    check()


@FUZZ
@given(st.binary(max_size=200))
def test_an_object_with_any_record_is_whole_or_not_there(tmp_path: Path, content: bytes) -> None:
    store = Store.open(tmp_path / "store")
    folder = store.objects.path("score", "0" * 64)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "meta.json").write_bytes(content)
    (folder / "DONE").write_bytes(content)
    assert store.objects.meta("score", "0" * 64) is None


@FUZZ
@given(st.text(max_size=30))
def test_words_of_the_command_line_are_read_or_refused(text: str) -> None:
    for reader in (options.parse_variant, Shard.parse, lambda text: options.parse_assignments([text])):
        with contextlib.suppress(MotionBenchError):
            reader(text)


def test_a_changed_order_is_read_or_refused() -> None:
    question = request.Question(("lora",), data=Path("clips"), given=None)
    order = orders.to_json(orders.Order(question, "p", shard=Shard(1, 2), timeouts={"tune": 1.0}))

    @FUZZ
    @given(changed_json(order))
    def check(content: bytes) -> None:
        with contextlib.suppress(MotionBenchError):
            orders.from_json(json.loads(content), "order.json")

    check()


def test_damaged_events_are_read_or_counted_as_garbage(tmp_path: Path) -> None:
    lines = [json.dumps({"at": 1.0, "worker": "w", "event": kind, "key": "k"}) for kind in sorted(KINDS)]

    @FUZZ
    @given(damaged(lines))
    def check(content: bytes) -> None:
        (tmp_path / "events.jsonl").write_bytes(content)
        tail = Tail(tmp_path / "events.jsonl")
        assert all(event["event"] in KINDS for event in tail.read())

    check()


def test_nesting_as_deep_as_a_file_can_have_is_refused(tmp_path: Path) -> None:
    deep = 200_000
    for name, content, reader in (
        ("record.json", b"[" * deep + b"]" * deep, read_record),
        ("a.yaml", b"[" * deep + b"]" * deep, yaml_lines.parse),
        ("b.yaml", b"- " * deep, yaml_lines.parse),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(MotionBenchError, match=name):
            reader(tmp_path / name)


def test_yaml_that_refers_to_itself_is_refused_before_it_grows(tmp_path: Path) -> None:
    bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    bomb += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    for content in ("\n".join(bomb), "a: &a [*a]", "&a {b: *a}"):
        (tmp_path / "a.yaml").write_text(content)
        with pytest.raises(MotionBenchError, match="aliases"):
            yaml_lines.parse(tmp_path / "a.yaml")
