"""Videos that were made elsewhere, as generations of a method that is not run here.

Files become candidates, by their names or by a table; candidates are matched with the cases of a suite; what is left
is checked against the protocol. Faults are collected on the way and raised together, so that one attempt shows all.
"""

from motionbench.precomputed.choice import Precomputed, missing, resolve, verify
from motionbench.precomputed.records import Candidate, Given

__all__ = ["Candidate", "Given", "Precomputed", "missing", "resolve", "verify"]
