"""Whether a method keeps the contract that lets it share a table with others: ``motionbench method test``.

``examine`` tries a method on a case of a suite, rule by rule. A rule passes, fails or does not apply, always with its
reason. It says nothing of how good the method is: that is what ``motionbench eval`` measures.
"""

from motionbench.conformance.examination import examine
from motionbench.conformance.records import Check, Report

__all__ = ["Check", "Report", "examine"]
