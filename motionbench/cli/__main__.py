"""``python -m motionbench.cli``."""

from motionbench.cli import main

main()
