"""The parameters of `robustness.corruptions`."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from auditkit.checks import PluginRows
from auditkit.plugins.robustness.corruptions.base import KNOWN


class Parameters(PluginRows):
    """What a user may set for `robustness.corruptions`."""

    rows_from: ClassVar[Mapping[str, str]] = {"corruptions": "register_corruptions"}
    own_rows: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "corruptions": {name: f"a change of {inputs} inputs" for inputs, names in KNOWN.items() for name in names}
    }

    rows: int = Field(default=1000, ge=1, description="how many rows are corrupted")
    corruptions: tuple[str, ...] = Field(
        default=(),
        description="which corruptions, of a plugin by their dotted names; empty: all of auditkit's that fit",
    )
    held: bool = Field(default=True, description="whether immutable features and group columns of a table stay")
    shuffles: int = Field(default=999, ge=99, description="shuffles of the groups behind each p-value")
