"""Asks a model again about the same rows, and says what the answers show."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from auditkit.consistency.asker import Asker, Question
from auditkit.consistency.chance import AGAIN, LONG, ONCE, REPEATS, Finding, tell
from auditkit.models import Capability
from auditkit.predictions import Predictions
from auditkit.results import Consistency
from auditkit.stats import wilson

ROWS: Final = 500
"""Rows asked about again: where 1 % of decisions change, this is found 99 times in 100 (1 - 0.99 ** 500)."""
ALONE: Final = 32
"""Rows asked about one by one."""


def usually_asked(rows: int, batch: int) -> int:
    """How many rows a model is asked about beyond the shared pass, where it answers alike.

    Args:
        rows: of the audit data.
        batch: rows that the model is asked about at once.
    """
    some, batch = min(ROWS, rows), min(batch, rows)
    return -(-some // max(1, batch // 2)) * batch + min(ALONE, rows)


def most_asked(rows: int, batch: int) -> int:
    """How many rows a model is asked about at most beyond the shared pass; arguments as of `usually_asked`."""
    long, batch = min(LONG, rows), min(batch, rows)
    again = max(batch + AGAIN * (batch + min(LONG, batch // 2)), AGAIN * (1 + batch))
    return usually_asked(rows, batch) + 2 * REPEATS * long + again + AGAIN * batch + ONCE + 1


def examine(predictions: Predictions, seed: int = 0) -> Consistency | None:
    """Ask again and compare; None for recorded answers, which nobody can be asked about.

    A model that answers alike is asked about `ROWS` rows in the company of others, in batches of the real size, and
    about `ALONE` rows one by one. Only where answers differ is it asked on; `most_asked` bounds it all.

    Args:
        predictions: the shared pass.
        seed: of the rows drawn.
    """
    model, data = predictions.model, predictions.data
    if Capability.QUERIES not in model.capabilities:
        return None
    rng = np.random.default_rng(seed)
    some = rng.choice(len(data), size=min(ROWS, len(data)), replace=False)
    asker = Asker(predictions)
    differing: list[Question] = []
    changed, largest = 0, 0.0
    for question in _mixed(some, model.batch, len(data), rng):
        difference = asker.again(question)
        if difference is None:
            return _result(
                "dependence", some, changed, largest, asker, f"its company, in which it failed: {asker.error}"
            )
        changed += int((difference.changed & question.base).sum())
        largest = max(largest, float(difference.moved.max()))
        differing += [question] if difference.differs else []
    for question in (Question(np.array([row]), np.array([False])) for row in some[:ALONE]):
        difference = asker.again(question)
        if difference is None:
            note = f"a row could not be asked about alone: {asker.error}"
            model.notes = tuple(dict.fromkeys((*model.notes, note)))
            break  # a limit of the model, such as a fixed batch, and no dependence: it is asked in batches anyway
        asker.alone += 1
        largest = max(largest, float(difference.moved.max()))
        differing += [question] if difference.differs else []
    if not differing:
        return _result("alike", some, changed, largest, asker, "")
    finding, cause = tell(asker, some, differing[0], rng)
    return _result(finding, some, changed, largest, asker, cause)


def _mixed(some: np.ndarray, batch: int, rows: int, rng: np.random.Generator) -> Iterator[Question]:
    """Batches of the real size in which half of the rows or fewer count, shuffled among others drawn at random."""
    batch = min(batch, rows)
    most = max(1, batch // 2)
    for start in range(0, len(some), most):
        base = some[start : start + most]
        # shuffled, so that a model that remembers the last row or the first meets another one each time
        order = rng.permutation(batch)
        asked_rows = np.concatenate([base, rng.integers(0, rows, size=batch - len(base))])
        yield Question(asked_rows[order], order < len(base))


def _result(finding: Finding, some: np.ndarray, changed: int, largest: float, asker: Asker, cause: str) -> Consistency:
    share = wilson(changed, len(some))
    moved = f"and scores moved by up to {largest:.2g} of their range"
    reason = ""
    if finding == "dependence":
        reason = (
            f"the answer about a row depends on {cause}; of {len(some):,} rows asked about again {changed:,} were "
            f"decided otherwise, {moved}"
        )
    elif finding == "randomness":
        reason = (
            f"the model answers by chance: asked again about the same {len(some):,} rows it decided {changed:,} "
            f"otherwise ({changed / len(some):.1%}, {share.low:.1%} to {share.high:.1%}), {moved}"
        )
    return Consistency(
        finding=finding, rows=len(some), alone=asker.alone, asked=asker.asked, changed=changed / len(some),
        interval=share, largest=largest, reason=reason, meant=finding == "randomness" and asker.model.random,
    )  # fmt: skip
