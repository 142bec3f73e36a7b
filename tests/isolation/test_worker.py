"""The worker's file: what it needs of Python, and how it reads and writes arrays."""

from __future__ import annotations

import array
import ast
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from motionbench.isolation import worker

SOURCE = Path(worker.__file__).read_text(encoding="utf-8")


def test_it_imports_the_standard_library_only() -> None:
    names = set()
    for node in ast.walk(ast.parse(SOURCE)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    assert names <= set(sys.stdlib_module_names)
    assert "pickle" not in names


def test_python_38_can_read_it() -> None:
    ast.parse(SOURCE, feature_version=(3, 8))
    assert "from __future__ import annotations" in SOURCE


@pytest.mark.parametrize("dtype", ["u1", "i2", "u4", "i8", "f2", "f4", "f8", "?"])
def test_numpy_reads_what_it_writes_and_it_reads_what_numpy_writes(tmp_path: Path, dtype: str) -> None:
    first = (np.random.default_rng(0).random((2, 3, 5, 3)) * 100).astype(dtype)
    worker.write_npy(str(tmp_path / "ours.npy"), first)
    np.testing.assert_array_equal(np.load(tmp_path / "ours.npy"), first, strict=True)
    np.save(tmp_path / "theirs.npy", first)
    second = worker.Array(str(tmp_path / "theirs.npy"))
    assert (second.shape, second.dtype) == (first.shape, first.dtype.str)
    assert bytes(second.data) == first.tobytes()
    np.testing.assert_array_equal(second.numpy(), first)


def test_a_header_longer_than_numpys_own_bound_is_not_parsed(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npy"
    path.write_bytes(b"\x93NUMPY\x02\x00" + struct.pack("<I", 10_001) + b"(" * 10_001)
    with pytest.raises(ValueError, match="header of 10001 bytes, at most 10000 are read"):
        worker.Array(str(path))
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", 100) + b"0".ljust(100))
    with pytest.raises(ValueError, match="is not a header"):
        worker.Array(str(path))


def test_the_data_begin_where_numpy_wants_them_for_any_length_of_header(tmp_path: Path) -> None:
    for length in range(1, 8):
        worker.write_npy(str(tmp_path / "a.npy"), np.zeros((1,) * length + (10**length % 997 + 1,), np.uint8))
        assert worker.Array(str(tmp_path / "a.npy"))._start % 64 == 0


def test_views_lists_of_bytes_and_videos_can_be_written_too(tmp_path: Path) -> None:
    path = str(tmp_path / "a.npy")
    frames = np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3)
    worker.write_npy(path, frames[:, ::-1])
    np.testing.assert_array_equal(np.load(path), frames[:, ::-1])
    worker.write_npy(path, array.array("B", [1, 2, 3]))
    assert np.load(path).tolist() == [1, 2, 3]
    worker.write_npy(str(tmp_path / "b.npy"), worker.Video(path, 8.0))
    assert np.load(tmp_path / "b.npy").tolist() == [1, 2, 3]


def test_a_tensor_is_written_by_its_numpy() -> None:
    class Tensor:
        def detach(self) -> Tensor:
            return self

        cpu = detach

        def numpy(self) -> np.ndarray:
            return np.ones((1, 1, 1, 3), np.uint8)

    worker.write_npy("/dev/null", Tensor())


@pytest.mark.parametrize("made", [None, [1, 2], "video.mp4"])
def test_what_is_no_array_is_refused_by_its_type(tmp_path: Path, made: object) -> None:
    with pytest.raises(
        TypeError, match=rf"expected frames uint8 \[T, H, W, 3\] as an array, got a {type(made).__name__}"
    ):
        worker.write_npy(str(tmp_path / "a.npy"), made)


def test_a_file_that_is_no_array_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(b"\x80\x04pickle")
    with pytest.raises(ValueError, match=r"is not a \.npy file"):
        worker.Array(str(tmp_path / "a.npy"))
