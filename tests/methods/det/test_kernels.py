import pytest
import torch
from torch.nn import functional

from motionbench.backbones.token_grid import TokenGrid
from motionbench.methods.det.kernels import TemporalKernel, TemporalKernels, beside, kept_blocks

GRID, WIDTH, LAYERS = TokenGrid(3, 4, 4), 64, 3  # of tiny_wan's latents


@pytest.fixture(scope="module")
def model(tiny):
    return tiny.transformer()


def _random(module):
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(0.3 * torch.randn(parameter.shape, generator=generator))
    return module


def _kernels(blocks=LAYERS, width=WIDTH, bottleneck=6, size=3):
    return _random(TemporalKernels(blocks, width, bottleneck, size))


def _hooks(model):
    return [hook for module in model.modules() for hook in (*module._forward_pre_hooks, *module._forward_hooks)]


def _output(tiny, model, kernels, *, kept=LAYERS, scale=1.0):
    with beside(model, kernels, GRID, kept=kept, scale=scale):
        return tiny.forward(model, tiny.latents(batch=2))


def test_untrained_kernels_change_no_bit(tiny, model):
    plain, random = tiny.forward(model, tiny.latents(batch=2)), torch.get_rng_state()
    kernels = TemporalKernels(LAYERS, WIDTH, 6, 3).draw(torch.Generator().manual_seed(0))
    assert kernels.changes_nothing(LAYERS)
    assert all(bool(kernel.down.any()) and bool(kernel.over_time.any()) for kernel in kernels)
    assert torch.equal(_output(tiny, model, kernels), plain)
    assert torch.equal(torch.get_rng_state(), random)


def test_the_draw_hangs_on_the_generator_alone():
    drawn = [TemporalKernels(2, 8, 4, 3).draw(torch.Generator().manual_seed(seed)).state_dict() for seed in (5, 5, 6)]
    assert all(torch.equal(drawn[0][key], drawn[1][key]) for key in drawn[0])
    assert not torch.equal(drawn[0]["blocks.0.down"], drawn[2]["blocks.0.down"])
    assert not torch.equal(drawn[0]["blocks.0.down"], drawn[0]["blocks.1.down"])


def test_first_projections_have_variance_one_or_that_over_thrice_the_width():
    generator = torch.Generator().manual_seed(0)
    for unit, variance in ((True, 1.0), (False, 1 / (3 * 512))):
        (kernel,) = TemporalKernels(1, 512, 64, 3).draw(generator, unit=unit)
        # Five standard errors of 2^15 draws: the square of a normal number has a variance of 2.
        assert float(kernel.down.detach().square().mean()) == pytest.approx(variance, rel=5 * (2 / 2**15) ** 0.5)


@pytest.mark.parametrize("size", [1, 3, 5])
@torch.no_grad()
def test_a_kernel_is_the_bottleneck_over_the_frames_of_each_place(size):
    kernel, reach = _random(TemporalKernel(8, 4, size)), size // 2
    hidden = torch.randn(2, 4, 2, 3, 8, generator=torch.Generator().manual_seed(1))
    expected = torch.zeros_like(hidden)
    for item, frame, row, column in torch.cartesian_prod(*map(torch.arange, hidden.shape[:4])).tolist():
        mixed = torch.zeros(4)
        for tap in range(size):
            source = frame + tap - reach
            if 0 <= source < 4:
                mixed += kernel.over_time[:, :, tap] @ (kernel.down @ hidden[item, source, row, column])
        expected[item, frame, row, column] = kernel.up @ functional.gelu(mixed)
    torch.testing.assert_close(kernel(hidden), expected, rtol=1e-5, atol=1e-6)


@torch.no_grad()
def test_what_happens_at_one_place_and_frame_reaches_that_place_in_the_frames_beside():
    kernel, hidden = _random(TemporalKernel(8, 4, 3)), torch.randn(1, 5, 2, 3, 8, generator=torch.Generator())
    other = hidden.clone()
    other[0, 1, 0, 2] += 1
    differs = (kernel(hidden) != kernel(other)).any(dim=-1)
    assert differs.nonzero().tolist() == [[0, frame, 0, 2] for frame in (0, 1, 2)]


@torch.no_grad()
def test_the_first_kernels_add_their_scaled_output_to_self_attention(tiny, model):
    kernels, seen = _kernels(), []
    watched = [block.attn1 for block in model.blocks]

    def keep(module, arguments, output):
        seen.append((module, arguments[0], output))

    with beside(model, kernels, GRID, kept=2, scale=0.5):
        handles = [attention.register_forward_hook(keep) for attention in watched]
        tiny.forward(model, tiny.latents(batch=2))
    for handle in handles:
        handle.remove()
    inner = model.rope(tiny.latents(batch=2))
    for number, ((attention, hidden, output), kernel) in enumerate(zip(seen, kernels, strict=True)):
        added = 0.5 * GRID.fold(kernel(GRID.unfold(hidden))) if number < 2 else 0.0
        plain = attention(hidden, None, None, inner)
        torch.testing.assert_close(output, plain + added, rtol=1e-5, atol=1e-6)
        assert torch.equal(output, plain) == (number == 2)


def test_kernels_that_are_not_kept_do_not_matter(tiny, model):
    first, second = _kernels(), _kernels()
    with torch.no_grad():
        second.blocks[2].up.zero_()
    assert torch.equal(_output(tiny, model, first, kept=2), _output(tiny, model, second))
    assert not torch.equal(_output(tiny, model, first, kept=2), _output(tiny, model, first))
    with torch.no_grad():
        first.blocks[0].up.zero_()
    assert first.changes_nothing(1)
    assert not first.changes_nothing(2)


def _gradients(tiny, model, kernels):
    with beside(model, kernels, GRID, kept=len(kernels)):
        model(tiny.latents(), torch.tensor([900.0]), torch.ones(1, 5, 16), return_dict=False)[
            0
        ].square().sum().backward()
    return [parameter.grad for parameter in kernels.parameters()]


def test_only_the_kernels_get_a_gradient(tiny, model):
    assert all(bool(gradient.any()) for gradient in _gradients(tiny, model, _kernels()))
    assert all(parameter.grad is None for parameter in model.parameters())


def test_gradient_checkpointing_gives_the_same_gradients(tiny):
    model = tiny.transformer().train()
    plain = _gradients(tiny, model, _kernels())
    model.enable_gradient_checkpointing()
    again = _gradients(tiny, model, _kernels())
    assert all(torch.equal(*pair) for pair in zip(plain, again, strict=True))


def test_the_model_is_as_before_even_after_an_exception(tiny, model):
    plain = tiny.forward(model, tiny.latents())
    with beside(model, _kernels(), GRID, kept=2):
        assert len(_hooks(model)) == 2
    with pytest.raises(RuntimeError, match="mine"), beside(model, _kernels(), GRID, kept=2):
        raise RuntimeError("mine")
    assert _hooks(model) == []
    assert torch.equal(tiny.forward(model, tiny.latents()), plain)


@pytest.mark.parametrize(
    ("count", "dropped", "kept"),
    [(42, 0.65, 15), (30, 0.65, 11), (6, 0.65, 3), (6, 0.35, 4), (100, 0.29, 71), (3, 0.0, 3), (1, 0.99, 1)],
)
def test_the_last_share_of_the_blocks_loses_its_kernels(count, dropped, kept):
    assert kept_blocks(count, dropped) == kept


@pytest.mark.parametrize("dropped", [-0.1, 1.0, float("nan")])
def test_a_share_that_leaves_no_block_is_refused(dropped):
    with pytest.raises(ValueError, match=r"the dropped share of blocks lies in \[0, 1\), got"):
        kept_blocks(6, dropped)


@pytest.mark.parametrize(
    ("sizes", "kept", "message"),
    [
        ({"width": 32}, 2, r"first 2 of 3 temporal kernels of width 32 .* the transformer has 3 blocks of width 64"),
        ({"blocks": 4}, 2, r"first 2 of 4 temporal kernels of width 64 do not fit"),
        ({"blocks": 2}, 3, r"first 3 of 2 temporal kernels of width 64 do not fit"),
    ],
)
def test_kernels_of_another_model_are_refused(model, sizes, kept, message):
    with pytest.raises(ValueError, match=message), beside(model, _kernels(**sizes), GRID, kept=kept):
        pass
    assert _hooks(model) == []


def test_a_clip_of_another_length_is_refused(tiny, model):
    message = r"on a token grid \(3, 4, 4\) act on 48 tokens, got 80"
    with pytest.raises(ValueError, match=message), beside(model, _kernels(), GRID, kept=1):
        tiny.forward(model, tiny.latents(frames=5))


def test_sizes_that_make_no_kernel_are_refused():
    with pytest.raises(ValueError, match="spans an odd number of frames, got 4"):
        TemporalKernel(8, 4, 4)
    with pytest.raises(ValueError, match="spans an odd number of frames, got -1"):
        TemporalKernel(8, 4, -1)
    with pytest.raises(ValueError, match="need one block or more, got 0"):
        TemporalKernels(0, 8, 4, 3)
