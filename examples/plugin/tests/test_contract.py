"""my-method keeps MotionBench's contract. Needs ``pip install -e '.[test]'`` once, for the entry point."""

from motionbench.conformance import examine


def test_it_keeps_the_contract():
    # Few sampling steps are enough here: the contract says nothing of quality.
    report = examine("my-method", steps=2)
    assert report.passed, f"\n{report}"
