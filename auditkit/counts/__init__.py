"""Counts once, everything from counts: how many people there are for every combination of groups, label and decision.

column_codes.py  a column as positions in the list of its values
histogram.py     combinations of codes counted, exactly and at the speed of memory
cluster_rows.py  rows beside their counts, where several are of one person
table.py         Counts, count(): the table of counts, its marginals; merge(): the table of the whole from its parts
frames.py        to_frame(), from_frame(): a table of counts as rows of a data frame, and back
files.py         count_file(): files that need not fit into memory
unit.py          a part of a file that is read at a time
streams.py       files as batches of columns: Parquet and csv
records.py       the same of JSON with a record a line; what a file holds, by its beginning
arrow_codes.py   columns of batches as codes
names.py         from values to names of groups and classes
suppression.py   which counts may be published so that no small one follows
published_counts.py  the counts that could be published, as sums of unknown cells
reader.py        one who knows what is published, and works out the rest
ranges.py        how wide the ranges of small counts are to a reader
"""

from auditkit.counts.cluster_rows import ClusterRows
from auditkit.counts.column_codes import Encoded, encode
from auditkit.counts.files import count_file
from auditkit.counts.frames import from_frame, to_frame
from auditkit.counts.table import Counts, Marginal, Tally, count, merge

__all__ = [
    "ClusterRows",
    "Counts",
    "Encoded",
    "Marginal",
    "Tally",
    "count",
    "count_file",
    "encode",
    "from_frame",
    "merge",
    "to_frame",
]
