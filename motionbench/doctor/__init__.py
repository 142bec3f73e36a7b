"""Looks at a machine before a run does: what is there, what is not, and the line to type for each gap.

Every check works on its own and reports what it meets, so that one broken library hides nothing else. torch is asked
in a process of its own: whatever its import does, the report is whole.
"""
