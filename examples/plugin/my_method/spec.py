"""What my-method is, as data. MotionBench reads this module for every listing: import nothing heavy here."""

from motionbench.specs import MethodSpec

SPEC = MethodSpec(
    name="my-method",
    implementation="my_method.method:MyMethod",
    summary="the reference video in the colours of the backbone's video of the prompt",
    version="1",  # raise it whenever the output changes: the store keeps what an earlier version made
    paper="none",
    licence="Apache-2.0",
    backbones=("mini-wan",),
    inputs=("reference", "prompt"),  # of a case, what the method looks at; it is tested for looking at more
    defaults={"strength": 1.0},  # options: --set my-method.strength=0.5
    presets={"subtle": {"strength": 0.5}},
)
