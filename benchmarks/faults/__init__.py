"""What a run survives, injected into ``motionbench eval`` as a user would meet it: docs/faults.md holds its table."""
