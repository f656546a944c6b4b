"""Adverse impact in selection: the four-fifths rule with its tests, and the tables of New York City's bias audit.

selection.py    how many people of each group were selected; rates and impact ratios
significance.py differences in standard deviations, exact tests, four fifths by chance, how many selections decide
parameters.py   what a user may set; which attribute is which, and which values mean unknown
adverse_*.py    the check `fairness.adverse_impact`
audit_*.py      the check `fairness.bias_audit`
favourable.py   what is refused where being selected is a burden
self_tests.py   controls
"""
