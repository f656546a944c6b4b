"""Asks a model again about the same rows, and says what the answers show.

Chance is told from history and company: the same question is asked again and again, each time after another one. Where
answers vary by chance alone, a question is answered alike whenever and in whatever company it is asked. Whatever it is
that varies then, rows, calls or weights: the levels below are chosen so that it is called dependence in fewer than one
audit in 1,000.

First comes when two answers about the same rows are the same: decisions alike, and scores apart by rounding alone.
"""

from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import numpy as np

from auditkit.data import take_rows
from auditkit.data.labels import WITHOUT_LABELS
from auditkit.errors import ModelUnreachable, present
from auditkit.foreign_code import foreign
from auditkit.memory import out_of_memory
from auditkit.models import Answers, Capability, Model
from auditkit.predictions import Predictions
from auditkit.results import Consistency
from auditkit.stats import order_p, split_p, wilson
from auditkit.text import one_line

ALIKE: Final = 1e-5
"""Scores this share of their range apart are the same."""


class Difference(NamedTuple):
    """How two answers about the same n rows differ."""

    changed: np.ndarray
    """(n,) bool: another decision, and not the other side of a tie; of a regression another number."""
    moved: np.ndarray
    """(n,) the largest difference of a row's scores, as a share of their range."""
    odd: np.ndarray
    """(n,) bool: the decision changed, or a score moved further than rounding takes it."""

    @property
    def differs(self) -> bool:
        """Whether any row is odd."""
        return bool(self.odd.any())


class Yardstick:
    """Compares answers with the precision that the model's arithmetic allows.

    Args:
        model: its `precision`, threshold and classes count.
        answers: of the shared pass; the range of their scores is the measure.
        regression: a number that moved counts as a changed decision.
    """

    def __init__(self, model: Model, answers: Answers, regression: bool) -> None:
        numbers = scores_of(answers)
        self._model = model
        self._regression = regression
        self.range = 0.0 if numbers is None else float(np.ptp(numbers))
        largest = 0.0 if numbers is None else float(np.abs(numbers).max())
        # a share of the range alone is too strict for numbers far from 0, which carry a rounding of their own size
        self.tolerance = max(ALIKE, 8 * model.precision) * self.range + 4 * model.precision * largest

    def compare(self, reference: Answers, answers: Answers) -> Difference:
        """Both about the same rows, in the same order."""
        reference_scores, scores = scores_of(reference), scores_of(answers)
        # a model may give scores on one call and none on another: then decisions alone are compared
        if reference_scores is None or scores is None or reference_scores.shape != scores.shape:
            changed = np.asarray(reference.labels != answers.labels)
            return Difference(changed, changed.astype(float), changed)
        moved = np.abs(reference_scores - scores).max(axis=1)
        if self._regression:
            changed = moved > self.tolerance
        else:
            is_tied = self._tied(reference) & (moved <= self.tolerance)
            changed = np.asarray(reference.labels != answers.labels) & ~is_tied
        return Difference(changed, moved / self.range if self.range else moved, changed | (moved > self.tolerance))

    def _tied(self, answers: Answers) -> np.ndarray:
        """(n,) bool: so near the border between two decisions that rounding decides."""
        threshold, scores, probabilities = self._model.threshold, answers.scores, answers.probabilities
        if answers.chances is not None:
            border = 0.5 if threshold is None else threshold
            return np.asarray((np.abs(answers.chances - border) <= self.tolerance).any(axis=1))
        if scores is not None and (threshold is not None or probabilities is None):
            border = 0.0 if threshold is None else threshold
            return np.asarray(np.abs(scores - border) <= self.tolerance)
        probabilities = present(probabilities, "there are scores of some kind")
        top_two = np.sort(probabilities, axis=1)[:, -2:]
        return np.asarray(top_two[:, -1] - top_two[:, 0] <= 2 * self.tolerance)


def scores_of(answers: Answers) -> np.ndarray | None:
    """(n, k) the numbers behind the decisions; None where there are decisions only."""
    if answers.chances is not None:
        return answers.chances
    if answers.probabilities is not None:
        return answers.probabilities
    return None if answers.scores is None else answers.scores[:, None]


def as_numbers(answers: Answers, classes: tuple[Any, ...]) -> np.ndarray:
    """(n, k) the scores, or a column for each decision that occurs."""
    numbers = scores_of(answers)
    if numbers is not None:
        return numbers
    return np.column_stack([answers.labels == label for label in classes]).astype(float)


def rows_of(answers: Answers, rows: np.ndarray) -> Answers:
    """The answers about some of the rows."""
    return Answers(*(None if column is None else column[rows] for column in answers))  # type: ignore[arg-type]


class Question(NamedTuple):
    """Rows to ask about at once."""

    rows: np.ndarray
    """(n,) positions in the data, in the order asked."""
    base: np.ndarray
    """(n,) bool: rows that count; the others are company."""


class Asker:
    """One model that is asked again, the answers of its shared pass, and how many rows it was asked about."""

    def __init__(self, predictions: Predictions) -> None:
        self.model, self.data = predictions.model, predictions.data
        self.first: Answers = predictions.answers
        self.yardstick = Yardstick(self.model, self.first, self.data.task == "regression")
        self.asked = self.alone = 0
        self.error = ""

    def ask(self, rows: np.ndarray) -> Answers:
        """The answers about these rows, asked about together."""
        self.asked += len(rows)
        with foreign(f"the model {self.model.name!r}", needed=True):
            return self.model.answers(take_rows(self.data.inputs, rows))

    def again(self, question: Question) -> Difference | None:
        """How the answers differ from those of the shared pass; None where the model failed, with the error.

        Raises:
            ModelUnreachable: nothing was learned of the model.
        """
        try:
            return self.yardstick.compare(rows_of(self.first, question.rows), self.ask(question.rows))
        except ModelUnreachable:
            raise
        except Exception as error:  # a model may raise anything at all
            if out_of_memory(error):
                raise
            # the error is kept, as it may be what the audit reports of the model
            self.error = one_line(error)
            return None


Finding: TypeAlias = Literal["alike", "dependence", "randomness"]
REPEATS: Final = 16
"""Times that the same question is asked where answers differed, and others in between."""
LONG: Final = 250
"""Rows in each of these questions."""
AGAIN: Final = 6
"""Times that a question that differed is asked again, in turns with its rows in another company: where each way has
answers of its own, chance of a call, p, made it so with p ** 7 (1 - p) ** 6 < 1 in 8,000."""
ODD: Final = 4
"""Rows of a batch that must be answered otherwise in the shared pass, and alike whenever that batch is asked since:
under chance of each row by itself, three of them beside the one that was noticed are all of the first of seven with
7 ** -3, and that where rows are answered alike in everything else that was asked."""
ONCE: Final = 400
"""Times that such a row is then asked about alone: under chance of each call, p, with p (1 - p) ** 400 < 1 in 1,000."""
CHANCE: Final = 0.00026
"""A p-value under this is no chance: two exact tests can reach 2 in 12,870, two random ones 5 in 20,001 (`stats`)."""
COMPANY: Final = "the rows that are asked about with it, or on their order"
BY_ITSELF: Final = "whether it is asked about alone"
HISTORY: Final = "what was asked before, or when"


def tell(asker: Asker, some: np.ndarray, differing: Question, rng: np.random.Generator) -> tuple[Finding, str]:
    """Whether answers that differ do so by chance, or depend on something, and on what.

    The same rows are asked about in one fixed question, and between its repeats in two other ones: shuffled, one in the
    company of rows with low scores, one of rows with high scores. Where all of these agree, the question that differed
    is asked again.

    Args:
        asker: of the model.
        some: positions of rows, of which the first are used.
        differing: a question whose answers were not those of the shared pass.
        rng: of order and company.
    """
    try:
        repeats, mixed = _repeated_answers(asker, some[:LONG], rng)
        same = asker.yardstick.compare
        if any(same(repeats[0], repeat).differs for repeat in (*repeats, *mixed)):
            return _by_permutation(repeats, mixed, any(same(repeats[0], repeat).differs for repeat in repeats))
        return _by_asking_again(asker, differing)
    except ModelUnreachable:
        raise
    except Exception as error:  # a model may raise anything at all
        if out_of_memory(error):
            raise
        return "dependence", f"its company, in which the model failed: {one_line(error)}"


def _repeated_answers(asker: Asker, some: np.ndarray, rng: np.random.Generator) -> tuple[list[Answers], list[Answers]]:
    """The answers about the same rows: to one question repeated, and to the two in between, in turns."""
    base, fill = some[: max(1, len(some) // 2)], some[max(1, len(some) // 2) :]
    fixed = np.concatenate([base, fill])
    last = len(fixed) - 1  # of the company: who remembers the last row alone remembers a low and a high one in turns
    orders = [np.append(rng.permutation(last), last) for _ in range(2)]
    companies = _companies(asker, len(fill), rng)
    mixed_rows = [np.concatenate([base, companies[number]])[orders[number]] for number in range(2)]
    base_positions = [np.argsort(order)[: len(base)] for order in orders]
    turns = [
        (
            rows_of(asker.ask(mixed_rows[number % 2]), base_positions[number % 2]),
            rows_of(asker.ask(fixed), np.arange(len(base))),
        )
        for number in range(REPEATS)
    ]
    return [repeat for _, repeat in turns], [mixed for mixed, _ in turns]


def _by_permutation(repeats: list[Answers], mixed: list[Answers], varies: bool) -> tuple[Finding, str]:
    """Answers that vary, `varies` saying whether the repeats do: whether order, history or company explains it."""
    classes = tuple(dict.fromkeys(label for answers in (*repeats, *mixed) for label in answers.labels.tolist()))
    numbers = [np.stack([as_numbers(answers, classes).ravel() for answers in kind]) for kind in (repeats, mixed)]
    is_even = np.arange(len(repeats)) % 2 == 0
    # history first: it shows in the repeats alone, whereas company is tried on numbers that history moves too
    if varies and min(split_p(numbers[0], is_even), order_p(numbers[0])) < CHANCE:
        return "dependence", HISTORY
    company_p = split_p(np.vstack(numbers), np.repeat([True, False], [len(repeats), len(mixed)]))
    return ("dependence", COMPANY) if min(company_p, split_p(numbers[1], is_even)) < CHANCE else ("randomness", "")


def _by_asking_again(asker: Asker, differing: Question) -> tuple[Finding, str]:
    """The question that differed, in turns with its rows in another company: fewer, or many where one was alone."""
    rows, is_single, same = differing.rows, len(differing.rows) == 1, asker.yardstick.compare
    if is_single:
        positions = np.array([0])
        company = np.delete(np.arange(len(asker.data)), rows)[: asker.model.batch - 1]
        company_rows = np.concatenate([rows, company])  # as many as in the shared pass
    else:
        odd = np.flatnonzero(same(rows_of(asker.first, rows), asker.ask(rows)).odd)
        if not len(odd):
            return "randomness", ""  # as in the shared pass now
        positions = odd[: min(LONG, len(rows) // 2)]
        company_rows = rows[positions]
    turns = [(asker.ask(rows), asker.ask(company_rows)) for _ in range(AGAIN)]
    answers_alone, answers_in_company = zip(*turns, strict=True)
    if any(same(kind[0], answers).differs for kind in (answers_alone, answers_in_company) for answers in kind):
        return "randomness", ""
    if same(rows_of(answers_alone[0], positions), rows_of(answers_in_company[0], np.arange(len(positions)))).differs:
        return "dependence", BY_ITSELF if is_single else COMPANY
    compared_rows, now = (company_rows, answers_in_company[0]) if is_single else (rows, answers_alone[0])
    odd = compared_rows[same(rows_of(asker.first, compared_rows), now).odd]
    return _by_its_batch(asker, int(odd[0])) if len(odd) else ("randomness", "")


def _by_its_batch(asker: Asker, row: int) -> tuple[Finding, str]:
    """A row that was answered otherwise in the shared pass: whether its batch is answered alike ever since."""
    same, batch = asker.yardstick.compare, asker.model.batch
    start = row // batch * batch
    rows = np.arange(start, min(start + batch, len(asker.data)))
    answers_to_batch = [asker.ask(rows) for _ in range(AGAIN)]
    odd = same(rows_of(asker.first, rows), answers_to_batch[0]).odd
    if odd.sum() < ODD or any(same(answers_to_batch[0], answers).differs for answers in answers_to_batch):
        return "randomness", ""
    odd_row = rows[odd][:1]
    now = asker.ask(odd_row)
    always = same(rows_of(asker.first, odd_row), now).differs
    always = always and all(not same(now, asker.ask(odd_row)).differs for _ in range(ONCE))
    return ("dependence", HISTORY) if always else ("randomness", "")


def _companies(asker: Asker, size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Two companies as unlike as the data allows: rows from the lower half of the scores, and from the upper half.

    The last row of each is the lowest and the highest one.
    """
    numbers = scores_of(asker.first)
    values: Any = asker.first.labels if numbers is None else numbers[:, -1]
    order = np.argsort(values, kind="stable")
    middle = len(order) // 2
    drawn = [rng.choice(half, size=size) for half in (order[: max(1, middle)], order[middle:])]
    return [np.append(rows[:-1], end) if size else rows for rows, end in zip(drawn, (order[0], order[-1]), strict=True)]


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
    """Ask again and compare; None for recorded answers, which nobody can be asked about, and for answers in words.

    Those are mostly drawn by chance and dear; whether they agree is a finding of its own (`language.consistency`).

    A model that answers alike is asked about `ROWS` rows in the company of others, in batches of the real size, and
    about `ALONE` rows one by one. Only where answers differ is it asked on; `most_asked` bounds it all.

    Args:
        predictions: the shared pass.
        seed: of the rows drawn.
    """
    model, data = predictions.model, predictions.data
    if Capability.QUERIES not in model.capabilities or data.task in WITHOUT_LABELS:
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
