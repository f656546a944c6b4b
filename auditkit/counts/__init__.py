"""Counts once, everything from counts: how many people there are for every combination of groups, label and decision.

encoding.py  a column as positions in the list of its values
table.py     Counts, count(): the table of counts, its marginals, sums of tables
"""

from __future__ import annotations

from auditkit.counts.encoding import Encoded, encode
from auditkit.counts.table import Counts, Marginal, Tally, count

__all__ = ["Counts", "Encoded", "Marginal", "Tally", "count", "encode"]
