"""Whether a check measures for those whom a limit is about: everyone, single groups, or groups held together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from auditkit.errors import Mend, Refusal
from auditkit.results import Limit
from auditkit.variants import TO_REFERENCE


@dataclass(frozen=True)
class Asked:
    """A limit, and who would measure for it."""

    limit: Limit
    name: str
    """Of its measurement, without its check."""
    kind: Any
    """The class of the check or trainer."""
    intersections: int
    """The largest number of attributes that it looks at together."""
    reference: Collection[str] = ()
    """The attributes of which the owner names a reference group."""

    @property
    def of_groups(self) -> bool:
        """Whether single groups have the number, as the class says."""
        return self.name in (self.kind.for_groups or ())

    @property
    def compares(self) -> bool:
        """Whether it is one number over all groups of some attributes."""
        return compares(self.kind, self.name)


def compares(kind: Any, name: str) -> bool:
    """Whether a check or trainer measures this over all groups of some attributes, as its class says."""
    definition = kind.definitions.get(name)
    disparity = definition is not None and definition.more_groups != "neither" and not definition.only_groups
    return disparity or name in kind.over_groups


def unmeasured_for(asked: Asked, declared: bool) -> str:
    """Why no number is about those whom the limit names, and what to write; empty where there is one, or nobody knows.

    Args:
        asked: the limit, and who would measure for it.
        declared: whether the class declares all that it measures.
    """
    questions: Sequence[Callable[[Asked], str]] = (
        (_over_groups, _of_groups, _deep, _to_reference, _of_everyone) if declared else (_of_everyone,)
    )
    return next((problem for question in questions if (problem := question(asked))), "")


def _over_groups(asked: Asked) -> str:
    limit = asked.limit
    if limit.across and not asked.compares:
        instead = 'write slice for one group, or groups = "each", in place of' if asked.of_groups else "take away"
        return f"{limit.measurement} is no comparison of groups; {instead} across"
    if limit.slice and asked.compares and not asked.of_groups:
        attributes = ", ".join(f'"{name}"' for name in sorted(limit.slice))
        instead = f"write across = [{attributes}] in place of slice"
        return f"{limit.measurement} compares groups, so no number is about one; {instead}"
    return ""


def _of_groups(asked: Asked) -> str:
    limit = asked.limit
    if asked.kind.for_groups is None or asked.of_groups or asked.compares or not (limit.slice or limit.groups):
        return ""
    return f"{limit.measurement} is measured for everyone alone; take {'slice' if limit.slice else 'groups'} away"


def _of_everyone(asked: Asked) -> str:
    definition = asked.kind.definitions.get(asked.name)
    if not asked.limit.everyone or definition is None or not definition.only_groups or asked.compares:
        return ""
    return f"{asked.limit.measurement} is measured for groups alone; take everyone away, and it is about all of them"


def _deep(asked: Asked) -> str:
    """More attributes at once than the check looks at."""
    many, kind = len(asked.limit.slice) or len(asked.limit.across), asked.kind
    if many <= asked.intersections or kind.own_slices:
        return ""
    what = f"it is about {many} attributes together, and {kind.id} looks at {asked.intersections}"
    if "intersections" in kind.model_fields:
        return Refusal(what, (Mend(f'checks."{kind.id}".intersections', many),))
    return f"{what}; name {asked.intersections} of them"


def _to_reference(asked: Asked) -> str:
    if not asked.name.endswith(f"_{TO_REFERENCE}"):
        return ""
    limit = asked.limit
    lacking = [name for name in (*limit.across, *limit.slice) if name not in asked.reference]
    if asked.reference and not lacking:
        return ""
    attribute = lacking[0] if lacking else "ATTRIBUTE"
    return f'{limit.measurement} needs a reference group; write reference = {{ {attribute} = "GROUP" }} under [data]'
