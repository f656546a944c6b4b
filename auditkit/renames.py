"""Words of plugins that have another name now: one clear error each, in place of being passed over."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from pydantic import BaseModel

from auditkit.errors import PluginError

RENAMED = {"occasion": "applies_when", "takes": "handles"}
"""{old name of a class fact: its name}."""
RENAMED_ARGUMENTS = {"otherwise": "on_failure"}
"""{old name of an argument of a record: its name}."""


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
