import pytest
import torch
from safetensors.torch import load_file, save_file

from motionbench.backbones.attention_capture import capture
from motionbench.backbones.token_grid import TokenGrid
from motionbench.errors import MissingResourceError
from motionbench.methods.motion_inversion import embedding_files
from motionbench.methods.motion_inversion.embeddings import MotionEmbeddings, added, value_as

GRID, WIDTH = TokenGrid(3, 4, 4), 64  # of tiny_wan's latents
FORMS = ["differenced", "release", "raw", "none"]


@pytest.fixture(scope="module")
def model(tiny):
    return tiny.transformer()


def _embeddings(layers=(0, 2), *, query_key=0.5, value=0.5, grid=GRID, width=WIDTH):
    """Random ones of these sizes."""
    embeddings, generator = MotionEmbeddings(layers, grid, width), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in embeddings.named_parameters():
            size = query_key if name.endswith("query_key") else value
            parameter.copy_(size * torch.randn(parameter.shape, generator=generator))
    return embeddings


def _hooks(model):
    return [hook for module in model.modules() for hook in (*module._forward_pre_hooks, *module._forward_hooks)]


def _output(tiny, model, embeddings, **changes):
    with added(model, embeddings, **changes):
        return tiny.forward(model, tiny.latents(batch=2))


def test_differences_of_a_hand_worked_case():
    value = torch.tensor([[5.0], [7.0], [4.0]])
    assert value_as("differenced", value).flatten().tolist() == [0, 2, -3]
    assert value_as("release", value).flatten().tolist() == [5, 2, -3]
    assert value_as("raw", value) is value
    assert value_as("none", value).flatten().tolist() == [0, 0, 0]


def test_zero_embeddings_change_no_bit(tiny, model):
    plain = tiny.forward(model, tiny.latents(batch=2))
    zero = MotionEmbeddings((0, 1, 2), GRID, WIDTH)
    assert all(torch.equal(_output(tiny, model, zero, form=form), plain) for form in FORMS)
    assert all(zero.changes_nothing(form) for form in FORMS)


def test_a_constant_appearance_has_no_effect_once_it_is_differenced(tiny, model):
    plain = tiny.forward(model, tiny.latents(batch=2))
    constant = _embeddings(query_key=0.0)
    with torch.no_grad():
        for layer in constant.layers:
            constant.of(layer).value.copy_(constant.of(layer).value[:1].expand(GRID.frames, -1, -1, -1))
    assert torch.equal(_output(tiny, model, constant, form="differenced"), plain)
    assert constant.changes_nothing("differenced")
    assert not constant.changes_nothing("release")
    assert not torch.equal(_output(tiny, model, constant, form="release"), plain)
    assert not torch.equal(_output(tiny, model, constant, form="raw"), plain)


def test_an_appearance_added_to_every_frame_changes_nothing_of_the_differenced_values():
    value, generator = _embeddings().of(0).value, torch.Generator().manual_seed(1)
    look = torch.randn(value.shape[1:], generator=generator)
    torch.testing.assert_close(
        value_as("differenced", value + look), value_as("differenced", value), rtol=1e-5, atol=1e-6
    )


@torch.no_grad()
def test_queries_keys_and_values_are_those_of_the_paper(tiny, model):
    embeddings, attention = _embeddings(layers=(1,)), model.blocks[1].attn1
    plain = _inputs_of(tiny, model, attention)
    with added(model, embeddings, form="raw", scale=2.0), capture(model, attention=[1]) as captured:
        tiny.forward(model, tiny.latents(batch=2))
    block = embeddings.of(1)
    query_key = torch.stack([block.query_key[GRID.place(token)[0]] for token in range(GRID.tokens)])
    value = torch.stack([block.value[GRID.place(token)] for token in range(GRID.tokens)])
    expected = {
        "queries": attention.norm_q(attention.to_q(plain + 2 * query_key)),
        "keys": attention.norm_k(attention.to_k(plain + 2 * query_key)),
        "values": attention.to_v(plain + 2 * value),
    }
    for part, wanted in expected.items():
        torch.testing.assert_close(getattr(captured.attention[1], part).flatten(2), wanted, rtol=1e-5, atol=1e-6)


def _inputs_of(tiny, model, attention):
    """What a self-attention gets, without embeddings."""
    seen = []
    handle = attention.to_q.register_forward_pre_hook(lambda module, arguments: seen.append(arguments[0]))
    tiny.forward(model, tiny.latents(batch=2))
    handle.remove()
    return seen[0]


def test_only_the_embeddings_get_a_gradient(tiny, model):
    embeddings = _embeddings(layers=(0, 1, 2))
    with added(model, embeddings):
        latents, embeds = tiny.latents(), torch.ones(1, 5, 16)
        model(latents, torch.tensor([900.0]), embeds, return_dict=False)[0].square().mean().backward()
    assert all(bool(parameter.grad.any()) for parameter in embeddings.parameters())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_gradient_checkpointing_gives_the_same_gradients(tiny):
    model, gradients = tiny.transformer().train(), []
    for checkpointing in (False, True):
        if checkpointing:
            model.enable_gradient_checkpointing()
        embeddings = _embeddings()
        with added(model, embeddings):
            latents, embeds = tiny.latents(), torch.ones(1, 5, 16)
            model(latents, torch.tensor([900.0]), embeds, return_dict=False)[0].square().mean().backward()
        gradients.append([parameter.grad for parameter in embeddings.parameters()])
    assert all(torch.equal(plain, again) for plain, again in zip(*gradients, strict=True))


def test_the_model_is_as_before_even_after_an_exception(tiny, model):
    plain = tiny.forward(model, tiny.latents())
    with added(model, _embeddings()):
        assert len(_hooks(model)) == 8
    with pytest.raises(RuntimeError, match="mine"), added(model, _embeddings()):
        raise RuntimeError("mine")
    assert _hooks(model) == []
    assert torch.equal(tiny.forward(model, tiny.latents()), plain)


@pytest.mark.parametrize(
    ("embeddings", "message"),
    [
        ({"layers": (0, 3)}, r"blocks \[0, 3\] and width 64 do not fit: the transformer has blocks 0 to 2"),
        ({"width": 32}, r"width 32 do not fit: the transformer has blocks 0 to 2 and width 64"),
    ],
)
def test_embeddings_of_another_model_are_refused(model, embeddings, message):
    with pytest.raises(ValueError, match=message), added(model, _embeddings(**embeddings)):
        pass
    assert _hooks(model) == []


def test_a_clip_of_another_size_and_fused_projections_are_refused(tiny, model):
    message = r"token grid \(3, 4, 4\) are added to 48 tokens, got 80; generate with"
    with pytest.raises(ValueError, match=message), added(model, _embeddings()):
        tiny.forward(model, tiny.latents(frames=5))
    fused = tiny.transformer()
    fused.fuse_qkv_projections()
    with pytest.raises(ValueError, match="the projections are fused"), added(fused, _embeddings()):
        pass
    with pytest.raises(ValueError, match="need one block or more, got none"):
        MotionEmbeddings((), GRID, WIDTH)


def test_the_file_says_blocks_and_grid_and_gives_the_same_embeddings(tmp_path):
    grid = TokenGrid(2, 3, 5)
    written, path = _embeddings(layers=(3, 11), grid=grid, width=8), tmp_path / "embeddings.safetensors"
    embedding_files.save(written, path)
    assert {key: list(weight.shape) for key, weight in load_file(path).items()} == {
        f"blocks.{layer}.{part}": shape
        for layer in (3, 11)
        for part, shape in (("query_key", [2, 8]), ("value", [2, 3, 5, 8]))
    }
    read = embedding_files.load(path)
    assert (read.layers, read.grid, read.width) == ((3, 11), grid, 8)
    assert all(torch.equal(weight, written.state_dict()[key]) for key, weight in read.state_dict().items())
    assert [path.name for path in tmp_path.iterdir()] == ["embeddings.safetensors"]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"other": torch.zeros(2)}, r"it has no key blocks\.N\.value"),
        ({"blocks.0.value": torch.zeros(2, 3)}, r"values are \[F, rows, columns, D\], got \[2, 3\]"),
        ({"blocks.0.value": torch.zeros(2, 3, 3, 4)}, "query_key"),
        ({"blocks.0.value": torch.zeros(2, 3, 3, 4), "blocks.0.query_key": torch.zeros(3, 4)}, "size mismatch"),
    ],
)
def test_a_file_of_something_else_is_named(tmp_path, weights, message):
    path = tmp_path / "embeddings.safetensors"
    save_file(weights, path)
    with pytest.raises(MissingResourceError, match=message) as error:
        embedding_files.load(path)
    assert str(path) in str(error.value)


def test_a_broken_file_is_named(tmp_path):
    path = tmp_path / "embeddings.safetensors"
    path.write_bytes(b"nothing")
    with pytest.raises(MissingResourceError, match="cannot be read"):
        embedding_files.load(path)
