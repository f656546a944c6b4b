"""Whether a model answers about a row alone: asked by itself, in other company, in another order, and again.

Two findings are told apart. *Dependence*: the answer about a row hangs on which rows are asked with it, on their order,
or on what was asked before, as of a batch norm without running statistics. *Randomness*: the same question gets another
answer by chance alone. Chance makes repeats exchangeable; history and company do not.

questions.py  one model, asked about rows of the data and counted; when two answers are the same; the finding
"""

from auditkit.consistency.questions import ALONE, REPEATS, ROWS, examine, most_asked, usually_asked

__all__ = ["ALONE", "REPEATS", "ROWS", "examine", "most_asked", "usually_asked"]
