import pytest

from motionbench.errors import UsageError
from motionbench.methods.ditflow.options import DitflowOptions
from motionbench.methods.guidance.options import GuidanceOptions


@pytest.mark.parametrize(("blocks", "numbers"), [("middle", (15,)), ("all", tuple(range(30))), ("7,3,7", (3, 7))])
def test_blocks_are_numbers_or_a_word(blocks, numbers):
    assert GuidanceOptions(blocks=blocks).guided_blocks(30) == numbers


def test_nothing_is_injected_unless_blocks_are_named():
    assert GuidanceOptions().injected_blocks(4) == ()
    assert GuidanceOptions(inject="all").injected_blocks(2) == (0, 1)
    assert GuidanceOptions(inject="1").injected_blocks(2) == (1,)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"blocks": "first"}, "ditflow.blocks='first'; expected numbers with commas, middle or all, as in --set"),
        ({"inject": "middle"}, "ditflow.inject='middle'; expected numbers with commas, all or none, as in --set"),
        ({"window": 1.2}, "ditflow.window=1.2; expected 0 to 1"),
        ({"strength": -0.1}, "ditflow.strength=-0.1; expected 0 to 1"),
        ({"reference_sigma": 2}, "ditflow.reference_sigma=2.0; expected 0 to 1"),
        ({"optimiser": "sgd"}, "ditflow.optimiser='sgd'; expected one of adam, gradient"),
        ({"init": "ddim"}, "ditflow.init='ddim'; expected one of noise, sdedit, lowpass"),
        ({"inner_steps": -1}, "ditflow.inner_steps=-1; expected 0 or more"),
        ({"temperature": 0}, "ditflow.temperature=0.0; expected a positive number"),
        ({"block": "3"}, "ditflow has no option 'block'; did you mean 'blocks'"),
    ],
)
def test_a_wrong_option_is_refused_under_the_methods_name(options, message):
    with pytest.raises(UsageError) as error:
        DitflowOptions.of(options)
    assert message in str(error.value)


def test_a_block_that_the_backbone_has_not_is_refused():
    with pytest.raises(UsageError, match=r"ditflow\.blocks=9; the backbone has blocks 0 to 5"):
        DitflowOptions(blocks="9").guided_blocks(6)
