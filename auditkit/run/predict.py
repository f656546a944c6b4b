"""The model is asked once about all the data, and tried whether it answers about each row alone, before the plan.

Both are done in a process of their own, which hands back the answers and what the model learned while it gave them.
"""

import contextlib
import functools
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import numpy as np

from auditkit.consistency import examine
from auditkit.data import AuditData, take_rows
from auditkit.data.labels import CLASSIFYING
from auditkit.endpoints import AskedAfar
from auditkit.errors import AuditkitError, ConfigError, Mend, ModelEnded, ModelError
from auditkit.foreign_code import foreign, raised
from auditkit.io import strict_json
from auditkit.memory import WAY_OUT, in_words
from auditkit.model_inputs import seeing
from auditkit.models import Capability, Model
from auditkit.predictions import Predictions
from auditkit.results import Consistency
from auditkit.run.answer_record import answers_in, record_of
from auditkit.run.apart import Apart, Piece, Process, all_apart, why_here
from auditkit.run.context import AuditContext
from auditkit.run.foreign_text import ForeignText
from auditkit.run.isolation import as_found
from auditkit.run.learned import Learned, opaque, teach
from auditkit.run.same_answers import answers_alike
from auditkit.workers.shared_arrays import SharedArrays, shared_arrays
from auditkit.workers.worker import Ending, Tell

FIRST_ANSWERS = "first answers"


class Asked(NamedTuple):
    """What a model said about all rows, and in which process it was asked."""

    predictions: Predictions
    process: Process


def introduce(model: Model, data: AuditData) -> None:
    """Tell the model of the labels of the data, for one that has no classes of its own; else of the names of scores."""
    if data.task == "case_scores":
        model.take_labels(data.task, tuple(data.case_scores))
        return
    known = {*data.classes, *(() if data.train is None else data.train.classes)}
    if data.positive is not None and known:
        known.add(data.positive)
    # sorted, so that the order of rows cannot decide which class a column of scores is about
    if data.survival is not None:  # what it is asked about is a property of the data, as classes are
        known = set(data.survival.horizons)
    model.take_labels(data.task, tuple(sorted(known)), data.positive)


def answers_of(context: AuditContext, models: Sequence[Model], with_control: bool = True) -> list[Asked]:
    """The one pass over the data, with the control of the answers, each in a process of its own where that can be.

    Args:
        context: of the audit.
        models: some of which are asked at once.
        with_control: whether it is also tried that they answer about each row alone, for which they are asked again.

    Raises:
        ConfigError: a model is for another task.
        DataError: labels or the positive class are none of a model's.
        ModelEnded: a model ended the process that asked it, or took more time or memory than it may.
        ModelError: a model fails, or does not give one answer per row.
    """
    with contextlib.ExitStack() as stack:
        pieces = {}
        for model in models:
            with _enough_memory(model, context.data):
                suit(model, context.data)
            if Capability.QUERIES in model.capabilities:  # recorded answers are read, and nobody is asked
                pieces[model.name] = _piece(context, model, with_control, stack.enter_context(shared_arrays()))
        done = dict(zip(pieces, all_apart(list(pieces.values()), context) if pieces else (), strict=True))
        return [_asked(context, model, with_control, pieces.get(model.name), done.get(model.name)) for model in models]


def _piece(context: AuditContext, model: Model, with_control: bool, arrays: SharedArrays) -> Piece:
    request = context.request
    return Piece(
        FIRST_ANSWERS, functools.partial(_hand_over, context, model, with_control, arrays), arrays,
        request.device or model.device, why_here(request, context.host),
    )  # fmt: skip


def _asked(
    context: AuditContext, model: Model, with_control: bool, piece: Piece | None, done: Apart | AuditkitError | None
) -> Asked:
    """What a model said, in this process where another one could not ask it."""
    process, predictions = Process(FIRST_ANSWERS), Predictions(model, context.data)
    with _enough_memory(model, context.data):
        if isinstance(done, AuditkitError):
            raise done
        if piece is not None and done is not None:
            process, record, ending, is_copied = done
            if ending is not None:
                raise _ended(model, ending)
            if record is not None:
                received, here = _received(model, context.data, record, piece.arrays)
                if not is_copied or answers_alike(received):
                    _hold(received)
                    return Asked(received, process._replace(here=here))
                process = process._replace(here="a copy of the model in another process answers otherwise")
        _ask(predictions, context.request.seconds_per_check)
        _hold(predictions)
        if with_control:
            _examine(predictions, context.request.seed)
    return Asked(predictions, process)


def _enough_memory(model: Model, data: AuditData) -> AbstractContextManager[None]:
    """Say in a sentence that there was not enough memory to ask the model."""
    cpu = Mend("model.device", "cpu")
    mends = () if model.device == "cpu" else (cpu,)
    way_out = f"{WAY_OUT}, or, to leave the accelerator, say {cpu}" if mends else WAY_OUT
    return in_words(ModelError, f"{model.name}: asking about {len(data):,} rows", way_out, mends)


def suit(model: Model, data: AuditData) -> None:
    """Hold model and data against each other before anything is asked.

    Raises:
        ConfigError: the model is for another task, or is said to be given columns that the data does not have.
    """
    if (model.task == "case_scores") != (data.task == "case_scores"):
        # no setting mends it: answers become scores by a measure that the owner chooses
        raise ConfigError(
            f"{model.name}: the task case_scores is about scores of cases, and this model gives answers. Score these, "
            "for instance with auditkit.case_scores, name the columns in case_scores, and give no model; or give a "
            'function from inputs to scores, as in auditkit.wrap(function, task="case_scores")'
        )
    if (model.task == "multilabel") != (data.task == "multilabel"):
        raise ConfigError(
            f"{model.name}: the task multilabel is of the model and of the data; the model's task is {model.task} and "
            f"the data's is {data.task}. To audit all labels, name their columns in [data] label as a list, and "
            'wrap(…, task="multilabel"); to audit one, name its column alone, and the output with target'
        )
    introduce(model, data)
    if model.task != data.task and "survival" in (model.task, data.task):
        raise ConfigError(
            f"the model's task is {model.task} and the data's is {data.task}: a model of times until an event is held "
            'against a time and an event, as in time = "months" and event = "died" under [data]; give both, or the '
            "model for this task"
        )
    if model.task != data.task and "generation" in (model.task, data.task):
        mend = Mend("data.task", model.task)
        raise ConfigError(
            f"the model's task is {model.task} and the data's is {data.task}: of a model that answers in words the "
            f"data are prompts, and of another they are not; say {mend}, or give the model for this task",
            mend=mend,
        )
    if model.task != data.task and "regression" in (model.task, data.task):
        mend = Mend("data.task", model.task)
        raise ConfigError(
            f"the model's task is {model.task} and the data's is {data.task}; say {mend}, or wrap(…, task=…) where it "
            "is the model's that is wrong",
            mend=mend,
        )
    # a statement about columns that the data does not have is an error here, not after hours of checks
    _ = seeing(model, data)


def _ask(predictions: Predictions, seconds: float | None = None) -> None:
    with _blamed(predictions.model, predictions.data), foreign(_who(predictions.model), needed=True, seconds=seconds):
        _ = predictions.answers


def _who(model: Model) -> str:
    return f"the model {model.name!r}: its {FIRST_ANSWERS}"


def _hold(predictions: Predictions) -> None:
    """Properties that raise: all that checks read later is asked for here, where an error still names the model."""
    data = predictions.data
    with _blamed(predictions.model, data):
        _ = predictions.labels
        if data.labels is not None and data.task in CLASSIFYING:
            _ = predictions.truth
        if data.task == "binary":
            _ = predictions.positive


def _examine(predictions: Predictions, seed: int) -> None:
    # the control asks the model in odd batches; whatever state that leaves must not reach a check
    model = predictions.model
    # what was kept of an earlier question would always be answered alike
    anew = model.anew() if isinstance(model, AskedAfar) else contextlib.nullcontext()
    with as_found(model, seed), anew:
        predictions.consistency = examine(predictions, seed)


@contextlib.contextmanager
def _blamed(model: Model, data: AuditData) -> Iterator[None]:
    """Turn whatever a model raises into a sentence that names it, without anybody's row."""
    try:
        yield
    except AuditkitError:
        raise
    except Exception as error:  # a model may raise anything at all
        spoken = raised(error, 500)
        allowed = ForeignText(data).allowed(spoken)
        where = "" if allowed == spoken else ". What is withheld may be of somebody's row; run.log has it"
        raise ModelError(f"{model.name}: the model failed on the audit data: {allowed}{where}") from error


def _hand_over(
    context: AuditContext, model: Model, with_control: bool, arrays: SharedArrays, tell: Tell
) -> dict[str, Any]:
    """In a process of its own: ask, examine, and say in plain words what came of it."""
    learned, before = Learned(model), model.fingerprint
    predictions = Predictions(model, context.data)
    with _enough_memory(model, context.data):
        _ask(predictions)
        if with_control:
            _examine(predictions, context.request.seed)
    if with_control and model.fingerprint != before:  # of a plan nothing is measured
        return {"here": "the model changes while it answers"}  # which this process would take with it
    control = predictions.consistency
    return {
        "answers": record_of(predictions.answers, arrays),
        "consistency": None if control is None else control.model_dump(mode="json"),
        "learned": learned.record(),
    }


def _received(model: Model, data: AuditData, record: dict[str, Any], arrays: SharedArrays) -> tuple[Predictions, str]:
    """The answers that were handed over, and why the model had to be asked about some rows again, if it had.

    Raises:
        ModelEnded: what was handed over cannot be read.
    """
    here, unreadable = "", Ending(None, "what it handed back cannot be read", "died")
    try:
        unknown = opaque(record["learned"])
    except (LookupError, TypeError) as error:
        raise _ended(model, unreadable) from error
    if unknown:
        here = f"what the model keeps cannot leave a process ({', '.join(unknown)})"
        first_batch = take_rows(data.inputs, np.arange(min(len(data), model.batch)))
        with _blamed(model, data), foreign(_who(model), needed=True):
            model.answers(first_batch)
    try:
        teach(model, record["learned"])
        predictions = Predictions(model, data, answers_in(record["answers"], arrays, len(data)))
        if record["consistency"] is not None:
            predictions.consistency = strict_json.record(Consistency, record["consistency"], "the control")
    except Exception as error:  # foreign code can write where it is handed over
        raise _ended(model, unreadable) from error
    return predictions, here


def _ended(model: Model, ending: Ending) -> ModelEnded:
    """How the process ended that asked a model, in words."""
    first = f"{model.name}: the model was asked about all rows in a process of its own, which"
    if ending.cause == "time":
        return ModelEnded(
            f"{first} was ended {ending.how}. seconds_per_check must leave time for one pass over the data: give it "
            "more, or fewer rows. This is no verdict"
        )
    if ending.cause == "memory":
        return ModelEnded(
            f"{first} was ended, for {ending.how}. gigabytes_per_check must leave room for one pass over the data: "
            "give it more, or fewer rows. This is no verdict"
        )
    return ModelEnded(
        f"{first} the model ended ({ending.how}), and again when it was asked once more. Mend the model, or run its "
        "first prediction by itself to see why. This is no verdict"
    )
