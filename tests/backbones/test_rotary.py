import pytest
import torch

from motionbench.backbones.rotary import temporal_scale


def test_scale_one_is_the_native_model_to_the_bit(tiny):
    model, latents = tiny.transformer(), tiny.latents()
    native = tiny.forward(model, latents)
    with temporal_scale(model, 1.0):
        assert torch.equal(tiny.forward(model, latents), native)


def test_the_native_positions_come_back_after_an_error(tiny):
    model, latents = tiny.transformer(), tiny.latents()
    rope, native = model.rope, tiny.forward(model, latents)

    def fail():
        with temporal_scale(model, 3.0):
            assert not torch.equal(tiny.forward(model, latents), native)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert model.rope is rope
    assert torch.equal(tiny.forward(model, latents), native)


def test_a_whole_scale_picks_every_nth_native_position_to_the_bit(tiny):
    model = tiny.transformer()
    whole = torch.zeros(1, 4, 21, 8, 8)
    native = [table.view(21, 16, -1) for table in model.rope(whole)]
    with temporal_scale(model, 5.0):
        stretched = [table.view(5, 16, -1) for table in model.rope(whole[:, :, :5])]
    for found, expected in zip(stretched, native, strict=True):
        assert torch.equal(found, expected[::5])


def test_a_fractional_scale_equals_the_formula_and_leaves_space_alone(tiny):
    model = tiny.transformer()
    clip = torch.zeros(1, 4, 5, 8, 8)
    native = [table.view(5, 16, -1) for table in model.rope(clip)]
    with temporal_scale(model, 4.2):
        cosines, sines = (table.view(5, 16, -1) for table in model.rope(clip))
    width = model.rope.t_dim
    frequencies = 10000.0 ** -(torch.arange(0, width, 2, dtype=torch.float64) / width)
    angles = (torch.arange(5, dtype=torch.float64)[:, None] * 4.2 * frequencies).repeat_interleave(2, dim=1)
    torch.testing.assert_close(cosines[:, 0, :width].double(), angles.cos(), rtol=0, atol=1e-5)
    torch.testing.assert_close(sines[:, 0, :width].double(), angles.sin(), rtol=0, atol=1e-5)
    assert torch.equal(cosines[..., width:], native[0][..., width:])
    assert torch.equal(sines[..., width:], native[1][..., width:])


def test_positions_beyond_the_models_table_are_computed(tiny):
    model = tiny.transformer()
    with temporal_scale(model, 50.0):
        cosines, _ = model.rope(torch.zeros(1, 4, 5, 2, 2))
    torch.testing.assert_close(cosines[0, 4, 0, 0], torch.tensor(200.0).cos(), rtol=0, atol=1e-4)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan")])
def test_a_scale_that_is_not_positive_is_refused(tiny, scale):
    with pytest.raises(ValueError, match="positive number"), temporal_scale(tiny.transformer(), scale):
        pass
