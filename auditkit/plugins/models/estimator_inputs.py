"""What an estimator takes that is no table of numbers: one column of texts, or numbers as a network holds them.

An estimator that begins with a vectorizer takes a list of the texts of a table. To one that holds a torch network, as
those of skorch do, numbers are handed over as its parameters hold them.
"""

import inspect
from typing import Any

import numpy as np

from auditkit.errors import Mend, ModelError
from auditkit.plugins.models.inside import attribute, handed_on, last_step, library
from auditkit.value_spelling import listed


def takes_texts(estimator: Any) -> bool:
    """Whether the estimator hands its inputs to a CountVectorizer, TfidfVectorizer or HashingVectorizer as they are."""
    return any(_is_vectorizer(part) for part in handed_on(estimator))


def as_texts(table: Any, name: str) -> list[str]:
    """The texts of the table's one column.

    Raises:
        ModelError: there are several columns, or values that are no texts.
    """
    columns = [str(column) for column in table.columns]
    if len(columns) != 1:
        texts = _column_of_texts(table)
        mend = Mend("data.drop", [column for column in columns if column != texts])
        raise ModelError(
            f"{name}: the model begins with a vectorizer, which takes one column of texts; the inputs have "
            f"{len(columns)}: {listed(columns)}. Take the others out, as in {mend}",
            mend=mend,
        )
    values = table.iloc[:, 0]
    missing = int(values.isna().sum())
    if missing:
        raise ModelError(f"{name}: column {columns[0]!r} has rows without a text ({missing} in all); take them out")
    texts = values.tolist()
    strange = next((text for text in texts if not isinstance(text, str)), None)
    if strange is not None:
        raise ModelError(
            f"{name}: the model begins with a vectorizer, which takes texts; column {columns[0]!r} holds {strange!r}. "
            "Name the column of texts, or wrap a function that makes texts of it"
        )
    return texts


def _is_vectorizer(part: Any) -> bool:
    # By name, for scikit-learn keeps the common parent of its vectorizers private.
    if any(kind.__name__ == "_VectorizerMixin" for kind in type(part).__mro__):
        return True
    members = attribute(part, "transformer_list")
    return isinstance(members, list) and any(takes_texts(kind) for _, kind in members)


def _column_of_texts(table: Any) -> str:
    """The column of the most different texts, which a vectorizer is most likely meant for."""
    distinct = [
        len({value for value in table.iloc[:, position] if isinstance(value, str)})
        for position in range(table.shape[1])
    ]
    return str(table.columns[distinct.index(max(distinct))])


def takes_columns(estimator: Any) -> bool:
    """Whether the network inside wants the columns of a table one by one, by their names."""
    forward = attribute(attribute(last_step(estimator), "module_"), "forward")
    if forward is None:
        return True
    # A forward of several arguments takes a dictionary of columns, as skorch hands tables over.
    kinds = [parameter.kind for parameter in inspect.signature(forward).parameters.values()]
    return len(kinds) > 1 and inspect.Parameter.VAR_POSITIONAL not in kinds


def as_parameters(inputs: Any, estimator: Any) -> Any:
    """Floats of double precision in the precision of the network's parameters; everything else as it is."""
    net = last_step(estimator)
    module = attribute(net, "module_") if library(net) == "skorch" else None
    if module is None:
        return inputs
    kinds = (
        str(parameter.dtype).rpartition(".")[2]
        for parameter in module.parameters()
        if parameter.dtype.is_floating_point
    )
    kind = next(kinds, "float64")
    if hasattr(inputs, "dtypes"):
        # Only doubles are narrowed: pandas reads decimals as doubles, which torch refuses beside narrower parameters.
        wide = [position for position, dtype in enumerate(inputs.dtypes) if dtype == np.float64]
        return inputs.astype({inputs.columns[position]: kind for position in wide}) if wide else inputs
    # a copy in any case, for torch warns of memory that it may not write to
    return inputs.astype(kind) if isinstance(inputs, np.ndarray) and inputs.dtype.kind == "f" else inputs
