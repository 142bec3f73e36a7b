import pytest
import torch

from motionbench.contracts import silent
from motionbench.errors import MissingResourceError
from motionbench.methods.fym.head_table import HeadTable, Leak, Probe, block_size_for, kind_of
from motionbench.methods.fym.heads import Bands, band_masses, classify_heads

GRID = Bands(frames=6, tokens_per_frame=18, block_size=2)


def _random(heads=3, batch=1):
    generator = torch.Generator().manual_seed(0)
    return tuple(torch.randn(batch, 108, heads, 8, generator=generator) for _ in range(2))


def _dense(queries, keys, grid):
    """Naive twin: the whole map, and masks entry by entry from the definition."""
    frames, tokens, size = grid.frames, grid.tokens_per_frame, grid.block_size
    total = frames * tokens
    masks = torch.zeros(2, total, total)
    for i in range(total):
        for j in range(total):
            (f, p), (g, q) = divmod(i, tokens), divmod(j, tokens)
            masks[0, i, j] = abs((f * tokens + p) // size - (g * tokens + q) // size) < tokens // size
            masks[1, i, j] = abs((p * frames + f) // size - (q * frames + g) // size) < tokens // size
    attention = (torch.einsum("bihd,bjhd->bhij", queries, keys) / queries.shape[-1] ** 0.5).softmax(-1)
    return torch.einsum("bhij,kij->kh", attention.double(), masks.double()), masks


@pytest.mark.parametrize("chunk", [1, 7, 108, None])
def test_streamed_masses_equal_dense_ones(chunk):
    queries, keys = _random(batch=2)
    expected, _ = _dense(queries, keys, GRID)
    found = torch.stack(band_masses(queries, keys, GRID, chunk=chunk))
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_both_masks_have_the_same_area():
    _, masks = _dense(*_random(), GRID)
    assert masks[0].sum() == masks[1].sum()


def _planted():
    """Head 0 looks at its own frame, head 1 at its own place, head 2 at both."""
    frame, pixel = torch.arange(108) // 18, torch.arange(108) % 18
    by_frame, by_pixel = torch.eye(18)[frame], torch.eye(18)[pixel]
    features = torch.stack([by_frame, by_pixel, by_frame + by_pixel], dim=1)[None]
    return features * 6, features * 6


@pytest.mark.parametrize("rule", ["paper", "release"])
def test_planted_heads_are_recovered(rule):
    spatial, temporal = band_masses(*_planted(), GRID)
    kinds = [kind_of(float(w_s), float(w_t), rule) for w_s, w_t in zip(spatial, temporal, strict=True)]
    assert kinds[:2] == ["spatial", "temporal"]


def test_the_rules_lean_in_opposite_directions_on_published_masses():
    masses = [(2414, 3005), (5485, 2950), (2634, 4265), (1573, 9362), (2739, 3291), (1524, 8719)]
    assert "".join(kind_of(*pair, "release")[0] for pair in masses) == "ssttst"
    assert "".join(kind_of(*pair, "paper")[0] for pair in masses) == "tstttt"


def test_sampled_rows_estimate_the_masses():
    queries, keys = _random()
    rows = torch.randperm(108, generator=torch.Generator().manual_seed(1))[:54]
    part = torch.stack(band_masses(queries, keys, GRID, rows=rows)) * 2
    torch.testing.assert_close(part, torch.stack(band_masses(queries, keys, GRID)), rtol=0.2, atol=0)


def test_no_map_of_all_tokens_is_ever_held(monkeypatch):
    """The public release holds all layers' S x S maps."""
    largest, softmax = [], torch.Tensor.softmax

    def watched(self, *arguments, **named):
        largest.append(self.shape[-2])
        return softmax(self, *arguments, **named)

    monkeypatch.setattr(torch.Tensor, "softmax", watched)
    band_masses(*_random(), GRID, chunk=5)
    assert max(largest) == 5
    assert sum(largest) == 108


@pytest.mark.parametrize(("tokens", "size", "blocks"), [(1156, 128, 9), (1560, 128, 12), (36, 4, 9), (16, 1, 16)])
def test_the_block_size_keeps_the_bands_share_of_a_frame(tokens, size, blocks):
    assert block_size_for(tokens) == size
    assert Bands(5, tokens, size).band_blocks == blocks


@pytest.mark.parametrize("size", [0, 19])
def test_a_block_larger_than_a_frame_is_refused(size):
    with pytest.raises(ValueError, match="expected 1 to 18"):
        Bands(6, 18, size)


def _classify(tiny, backbone, **changes):
    video = tiny.video()
    settings = {"rule": "release", "seed": 3} | changes
    progress = settings.pop("progress", silent)
    embeds = backbone.embed("a red star")
    return classify_heads(backbone, backbone.encode(video), embeds, Probe(**settings), progress)


def test_every_head_of_a_model_gets_a_label_that_a_seed_repeats(tiny, backbone):
    steps = []
    table = _classify(tiny, backbone, draws=2, rows=20, progress=lambda *step: steps.append(step))
    assert [len(layer) for layer in table.kinds] == [tiny.HEADS] * tiny.LAYERS
    assert steps[-1] == ("heads", 6, 6)
    assert _classify(tiny, backbone, draws=2, rows=20) == table
    assert _classify(tiny, backbone, draws=2, rows=20, seed=4) != table


def test_row_masses_add_up_to_the_queries(tiny, backbone):
    table = _classify(tiny, backbone, block_size=1)
    tokens = table.frames * table.tokens_per_frame
    assert all(0 < mass <= tokens for layer in table.spatial_mass for mass in layer)


def test_a_table_survives_its_file(tiny, backbone, tmp_path):
    from dataclasses import replace

    table = replace(_classify(tiny, backbone), norm_leak=(Leak("spatial", 0, "q", 0.25),))
    table.write(tmp_path / "heads.json")
    assert HeadTable.read(tmp_path / "heads.json") == table
    (tmp_path / "heads.json").write_text("{}")
    with pytest.raises(MissingResourceError, match="not a table of heads"):
        HeadTable.read(tmp_path / "heads.json")
