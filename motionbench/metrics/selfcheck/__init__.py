"""The self-check: every metric on motion that is known exactly, to see what it can and cannot see.

Clips come from the procedural world with seeds that no suite and no training uses. Each is scored against generations
made from it by a known change: the perfect transfer, slower, mirrored, frozen, another clip's motion, and so on.
"""
