"""One file a run, to be sent to others and checked by them: ``motionbench submit export`` and ``submit check``.

A submission is a zip named ``*.motionbench``: ``submission.json`` (the run's configuration, environments and the
digests of all other members), ``scores.parquet``, ``receipts.jsonl`` (a line a generation) and, where wanted,
``videos/<sha256>.mkv``. It is data from strangers: nothing in it is run, unpickled or extracted by its own name.
"""

from motionbench.submission.archive import SUFFIX
from motionbench.submission.reading import Submission, open_submission, read

__all__ = ["SUFFIX", "Submission", "open_submission", "read"]
