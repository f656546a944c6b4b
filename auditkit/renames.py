"""Words of plugins that have another name now, and of other libraries: one clear error each, none is passed over."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Final

from pydantic import BaseModel

from auditkit.errors import PluginError

RENAMED = {"occasion": "applies_when", "takes": "handles"}
"""{old name of a class fact: its name}."""
RENAMED_ARGUMENTS = {"otherwise": "on_failure"}
"""{old name of an argument of a record: its name}."""
ELSEWHERE: Final = {
    "y": "label", "y_true": "label", "target": "label", "target_column": "label", "ground_truth": "label",
    "sensitive": "groups", "sensitive_features": "groups", "protected": "groups", "protected_attributes": "groups",
    "y_pred": "decisions", "predictions": "decisions", "y_prob": "scores", "y_score": "scores",
    "probabilities": "scores", "sample_weight": "weights", "pos_label": "positive", "favorable_label": "positive",
    "X": "features", "feature_names": "features", "sep": "delimiter", "na_values": "missing", "quotechar": "quote",
    "escapechar": "escape", "dtype": "schema",
}  # fmt: skip
"""What other libraries call options of `from_table`, and what they are called here."""


def refuse_renamed(owner: str, names: Collection[str], renamed: Mapping[str, str] = RENAMED_ARGUMENTS) -> None:
    """Refuse names that are no longer in use.

    Args:
        owner: the class that they were given to.
        names: those that were given.
        renamed: {old name: new name}.

    Raises:
        PluginError: one of them is an old one; the message has the new one.
    """
    for old, new in renamed.items():
        if old in names:
            raise PluginError(f"{owner}: `{old}` is now `{new}`; rename it")


class RenamedFacts(BaseModel):
    """The base of checks and trainers that refuses class facts by their old names.

    Raises:
        PluginError: where a class that states one is defined.
    """

    occasion: ClassVar[Any]
    takes: ClassVar[Any]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        # an annotated one has become a parameter, and one of a plain base class is in no dict of this class
        own = {name for base in cls.__mro__ if base is not RenamedFacts for name in vars(base)}
        refuse_renamed(cls.__name__, own | set(cls.model_fields), RENAMED)
