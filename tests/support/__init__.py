"""What tests of several folders share: named audits, fixtures, readers of what was written."""

import os

# Before numpy is imported: its threads spin for each other over matrices of a few numbers, and on
# shared cores that took half of the seconds of the tests that use them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
