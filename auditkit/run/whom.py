"""Whether a check measures for those whom a limit is about: everyone, single groups, or groups held together."""

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
    # a number that more groups can move either way may still be one group's own, as entropy is
    disparity = definition is not None and definition.more_groups != "neither" and not definition.only_groups
    return disparity or name in kind.over_groups


def unmeasured_for(question: Asked, declared: bool) -> str:
    """Why no number is about those whom the limit names, and what to write; empty where there is one, or nobody knows.

    Args:
        question: the limit, and who would measure for it.
        declared: whether the class declares all that it measures.
    """
    reasons: Sequence[Callable[[Asked], str]] = (
        (_over_groups, _of_groups, _deep, _to_reference, _of_everyone) if declared else (_of_everyone,)
    )
    return next(filter(None, (reason(question) for reason in reasons)), "")


def _over_groups(question: Asked) -> str:
    limit = question.limit
    if limit.across and not question.compares:
        instead = 'write slice for one group, or groups = "each", in place of' if question.of_groups else "take away"
        return f"{limit.measurement} is no comparison of groups; {instead} across"
    if limit.slice and question.compares and not question.of_groups:
        attributes = ", ".join(f'"{name}"' for name in sorted(limit.slice))
        instead = f"write across = [{attributes}] in place of slice"
        return f"{limit.measurement} compares groups, so no number is about one; {instead}"
    return ""


def _of_groups(question: Asked) -> str:
    limit = question.limit
    if question.kind.for_groups is None or question.of_groups or question.compares or not (limit.slice or limit.groups):
        return ""
    return f"{limit.measurement} is measured for everyone alone; take {'slice' if limit.slice else 'groups'} away"


def _of_everyone(question: Asked) -> str:
    definition = question.kind.definitions.get(question.name)
    if not question.limit.everyone or definition is None or not definition.only_groups or question.compares:
        return ""
    return f"{question.limit.measurement} is measured for groups alone; take everyone away, and it is about all of them"


def _deep(question: Asked) -> str:
    """More attributes at once than the check looks at."""
    many, kind = len(question.limit.slice) or len(question.limit.across), question.kind
    if many <= question.intersections or kind.own_slices:
        return ""
    problem = f"it is about {many} attributes together, and {kind.id} looks at {question.intersections}"
    if "intersections" in kind.model_fields:
        return Refusal(problem, (Mend(f'checks."{kind.id}".intersections', many),))
    return f"{problem}; name {question.intersections} of them"


def _to_reference(question: Asked) -> str:
    if not question.name.endswith(f"_{TO_REFERENCE}"):
        return ""
    limit = question.limit
    lacking = [name for name in (*limit.across, *limit.slice) if name not in question.reference]
    if question.reference and not lacking:
        return ""
    attribute = lacking[0] if lacking else "ATTRIBUTE"
    return f'{limit.measurement} needs a reference group; write reference = {{ {attribute} = "GROUP" }} under [data]'
