"""Words of plugins that have another name now: one clear error each, in place of being passed over."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel

from auditkit.errors import PluginError

RENAMED = {"occasion": "applies_when", "takes": "handles"}
"""{old name of a class fact: its name}."""


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
        for old, new in RENAMED.items():
            if old in vars(cls):
                raise PluginError(f"{cls.__name__}: `{old}` is now `{new}`; rename it")
