"""Which columns the model is given: known, stated by its owner, or unknown; never guessed from the table."""

from typing import Literal, NamedTuple, TypeAlias

from auditkit.data import AuditData
from auditkit.errors import ConfigError, check_known
from auditkit.models import Model

How: TypeAlias = Literal["known", "stated", "unknown"]


class Seeing(NamedTuple):
    """What is known about the model's inputs."""

    how: How
    columns: frozenset[str] = frozenset()
    """Those that it is given."""
    is_complete: bool = True
    """False: it may be given others too, as the columns of an array have no names."""

    def gives(self, column: str) -> bool | None:
        """Whether the model is given the column; None where nobody knows."""
        if self.how != "unknown" and column in self.columns:
            return True
        return False if self.how != "unknown" and self.is_complete else None


def seeing(model: Model, data: AuditData) -> Seeing:
    """What is known about the columns that the model is given.

    A model that can be asked is given the inputs, less what it is known to leave out; what a function makes of them is
    not looked at. Of recorded answers nothing is known unless their owner states it.

    Raises:
        ConfigError: stated is no column, one twice, one that the data lacks, or something else than the model itself
            shows.
    """
    columns = model.given(data.feature_names)
    stated = None if model.stated is None else _checked(model, data, model.stated)
    if columns is None:
        return Seeing("unknown") if stated is None else Seeing("stated", stated)
    known = frozenset(map(str, columns))
    # The columns of a plain array have no names, so that a statement about names cannot contradict them.
    named = hasattr(data.inputs, "columns") or model.feature_names is not None or data.modality in ("image", "text")
    if stated is None or stated == known:
        return Seeing("known", known, named)
    # A function is given the whole table and may use less of it; a fitted model uses what it was fitted on.
    strange = sorted(stated - known) or (sorted(known - stated) if model.feature_names is not None else [])
    if strange and named:
        raise ConfigError(
            f"{model.name}: inputs must be the columns that the model itself shows it is given, and {strange[0]!r} is "
            f"{'not one' if strange[0] in stated else 'one'} of them; take inputs out, for they are stated of models "
            "that nobody can look into"
        )
    return Seeing("stated", stated)


def group_sentences(known_inputs: Seeing, data: AuditData) -> list[str]:
    """Which sensitive attributes the model is given, which not, and of which nobody knows; as sentences."""
    by = " by its owner's statement" if known_inputs.how == "stated" else ""
    wordings = {
        True: f"The model is given{by}: {{}}.",
        False: f"The model is not given{by}: {{}}.",
        None: "It is not known whether the model is given {}; [model] inputs may state its columns.",
    }
    answers = {name: known_inputs.gives(data.column_of(name)) for name in data.groups}
    named = {answer: [name for name in answers if answers[name] is answer] for answer in wordings}
    return [wording.format(", ".join(named[answer])) for answer, wording in wordings.items() if named[answer]]


def _checked(model: Model, data: AuditData, stated: tuple[str, ...]) -> frozenset[str]:
    known = {*data.columns, *data.feature_names, *data.groups}
    if len(set(stated)) < max(1, len(stated)):
        twice = next((f"{name!r} is named {stated.count(name)} times" for name in stated if stated.count(name) > 1), "")
        raise ConfigError(
            f"{model.name}: inputs must name every column that the model is given, each once; "
            f"{twice or 'none is named'}. Name them, or take inputs out where they are not known"
        )
    # a table of counts was read without the columns that have no place in it
    if data.columns or data.people is None:
        start = f"{model.name}: inputs must be columns of the data;"
        check_known(stated, known, ConfigError, lambda name: f"{start} {name!r} is no such column, ")
    return frozenset(stated)
