"""The comparisons of `python -m benchmarks.fairness`.

library.py      what auditkit does: counts, rates of every intersection, intervals
metricframe.py  the same with fairlearn's MetricFrame, as documented and at its best
law.py          whether two ways to resample have the same law
intervals.py    a1: ten measures with bootstrap intervals
points.py       a2: ten measures without intervals, ten million people
crosstabs.py    a3: aequitas' crosstabs
parquet.py      a4: a hundred million people from a file
"""
