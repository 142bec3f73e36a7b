import pytest
import torch
from safetensors.torch import load_file, save_file

from motionbench.errors import MissingResourceError
from motionbench.methods.det import kernel_files
from motionbench.methods.det.kernels import TemporalKernels


def _kernels():
    kernels = TemporalKernels(2, 8, 4, 5).draw(torch.Generator().manual_seed(0))
    with torch.no_grad():
        kernels.blocks[1].up.normal_(generator=torch.Generator().manual_seed(1))
    return kernels


def test_the_file_says_blocks_and_sizes_and_gives_the_same_kernels(tmp_path):
    written, path = _kernels(), tmp_path / "kernels.safetensors"
    kernel_files.save(written, path)
    assert {key: list(weight.shape) for key, weight in load_file(path).items()} == {
        f"blocks.{block}.{part}": shape
        for block in (0, 1)
        for part, shape in (("down", [4, 8]), ("over_time", [4, 4, 5]), ("up", [8, 4]))
    }
    read = kernel_files.load(path)
    assert (len(read), read.width, read.bottleneck, read.size) == (2, 8, 4, 5)
    assert all(torch.equal(weight, written.state_dict()[key]) for key, weight in read.state_dict().items())
    assert not any(parameter.requires_grad for parameter in read.parameters())
    assert [found.name for found in tmp_path.iterdir()] == ["kernels.safetensors"]


def _part(name):
    return {key: weight for key, weight in _kernels().state_dict().items() if name in key}


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"other": torch.zeros(2)}, r"it has no keys blocks\.0\.over_time and blocks\.0\.up"),
        (_part("blocks.1"), r"it has no keys blocks\.0\.over_time and blocks\.0\.up"),
        (_part("over_time") | _part("up"), r"Missing key\(s\) in state_dict: \"blocks\.0\.down\""),
        (_kernels().state_dict() | {"blocks.1.up": torch.zeros(9, 4)}, "size mismatch for blocks.1.up"),
        (_kernels().state_dict() | {"bias": torch.zeros(2)}, r"Unexpected key\(s\) in state_dict: \"bias\""),
        (_kernels().state_dict() | {"blocks.0.up": torch.zeros(8)}, "not enough values to unpack"),
    ],
)
def test_a_file_of_something_else_is_named(tmp_path, weights, message):
    path = tmp_path / "kernels.safetensors"
    save_file({key: weight.contiguous() for key, weight in weights.items()}, path)
    with pytest.raises(MissingResourceError, match=message) as error:
        kernel_files.load(path)
    assert f"{path} holds no temporal kernels" in str(error.value)


def test_a_broken_or_missing_file_is_named(tmp_path):
    path = tmp_path / "kernels.safetensors"
    with pytest.raises(MissingResourceError, match="cannot be read"):
        kernel_files.load(path)
    path.write_bytes(b"nothing")
    with pytest.raises(MissingResourceError, match=r"cannot be read: .*Delete its folder and tune again"):
        kernel_files.load(path)
