"""The model is asked once about all the data, and tried whether it answers about each row alone, before the plan."""

from contextlib import AbstractContextManager

from auditkit.consistency import examine
from auditkit.data import AuditData
from auditkit.errors import AuditkitError, ConfigError, Mend, ModelError
from auditkit.foreign_code import foreign, raised
from auditkit.memory import WAY_OUT, in_words
from auditkit.model_inputs import seeing
from auditkit.models import Model
from auditkit.predictions import Predictions
from auditkit.run.context import AuditContext
from auditkit.run.foreign_text import ForeignText
from auditkit.run.isolation import as_found


def introduce(model: Model, data: AuditData) -> None:
    """Tell the model of the labels of the data, for one that has no classes of its own."""
    known = {*data.classes, *(() if data.train is None else data.train.classes)}
    if data.positive is not None and known:
        known.add(data.positive)
    # sorted, so that the order of rows cannot decide which class a column of scores is about
    model.take_labels(data.task, tuple(sorted(known)), data.positive)


def answers_of(context: AuditContext, model: Model) -> Predictions:
    """The one pass over the data, with the control of the answers.

    Raises:
        ConfigError, DataError, ModelError: the model cannot be asked about this data.
    """
    predictions = predictions_for(model, context.data, context.request.seconds_per_check)
    # the control asks the model in odd batches; whatever state that leaves must not reach a check
    with as_found(model, context.request.seed), _enough_memory(model, context.data):
        predictions.consistency = examine(predictions, context.request.seed)
    return predictions


def predictions_for(model: Model, data: AuditData, seconds: float | None = None) -> Predictions:
    """The one pass over the data; its failure is a sentence, and labels that the model does not know are one too.

    Args:
        model: asked about all rows.
        data: the audit data.
        seconds: that the pass may take, where a supervisor sees to it.

    Raises:
        ConfigError: the model is for another task.
        DataError: labels or the positive class are none of the model's.
        ModelError: the model fails, or does not give one answer per row.
    """
    with _enough_memory(model, data):
        return _predictions_for(model, data, seconds)


def _enough_memory(model: Model, data: AuditData) -> AbstractContextManager[None]:
    """Say in a sentence that there was not enough memory to ask the model."""
    cpu = Mend("model.device", "cpu")
    mends = () if model.device == "cpu" else (cpu,)
    way_out = f"{WAY_OUT}, or, to leave the accelerator, say {cpu}" if mends else WAY_OUT
    return in_words(ModelError, f"{model.name}: asking about {len(data):,} rows", way_out, mends)


def _predictions_for(model: Model, data: AuditData, seconds: float | None) -> Predictions:
    introduce(model, data)
    if model.task != data.task and "regression" in (model.task, data.task):
        mend = Mend("data.task", model.task)
        raise ConfigError(
            f"the model's task is {model.task} and the data's is {data.task}; say {mend}, or wrap(…, task=…) where it "
            "is the model's that is wrong",
            mend=mend,
        )
    # a statement about columns that the data does not have is an error here, not after hours of checks
    _ = seeing(model, data)
    predictions = Predictions(model, data)
    try:
        with foreign(f"the model {model.name!r}: its first answers", needed=True, seconds=seconds):
            _ = predictions.answers
        # properties that raise: all that checks read later is asked for here, where an error still names the model
        _ = predictions.labels
        if data.labels is not None and data.task != "regression":
            _ = predictions.truth
        if data.task == "binary":
            _ = predictions.positive
    except AuditkitError:
        raise
    except Exception as error:  # a model may raise anything at all
        spoken = raised(error, 500)
        allowed = ForeignText(data).allowed(spoken)
        where = "" if allowed == spoken else ". What is withheld may be of somebody's row; run.log has it"
        raise ModelError(f"{model.name}: the model failed on the audit data: {allowed}{where}") from error
    return predictions
