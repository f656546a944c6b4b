"""Whom a limit is about, in words: `everyone`, `everyone and 9 groups`, `sex=F`, `over race`."""

from auditkit.results import Definition, Limit, pairs

NO_SETTING = (
    "scope is no setting of a limit: the plan writes it. Say whom the limit is about with slice, across or "
    'groups = "each"; without them it is about everyone'
)


def scope_of(
    limit: Limit, definition: Definition | None, groups: int, deep: bool = False, compares: bool = False
) -> str:
    """The scope, as the plan prints it and the limit carries it.

    Args:
        limit: as the owner wrote it.
        definition: of its measurement, where that is declared.
        groups: how many groups the data names, over all attributes.
        deep: whether the check looks at intersections of attributes too.
        compares: whether it is a number over all groups of some attributes.
    """
    if limit.slice:
        return pairs(dict(sorted(limit.slice.items())))
    if limit.across:
        return f"over {' and '.join(sorted(limit.across))}"
    counted = f"{groups} group{'s' * (groups != 1)}" + (" and their intersections" if deep else "")
    if compares:
        disparity = definition is not None and definition.more_groups != "neither"
        return "every comparison of groups" if disparity else "every attribute"
    if definition is not None and definition.only_groups:
        return counted if groups else "every group"
    return f"everyone and {counted}" if limit.groups and groups else "everyone"
