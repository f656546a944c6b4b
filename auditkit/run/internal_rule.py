"""The rule for evidence that stays in the house: no number about a group that is too small to show.

Every group of `minimum_cell` people or more is shown, with every count in it, also where a smaller one can be worked
out from it.
"""

from collections.abc import Sequence

from auditkit.data.cells import Cells
from auditkit.data.deducible import deducible
from auditkit.results import CheckResult, DataInfo
from auditkit.run.postprocess import hide_small_cells


class Internal:
    """Groups of fewer people than the smallest that is shown have no number.

    Args:
        cells: of the data.
    """

    def __init__(self, cells: Cells) -> None:
        self._cells = cells

    def check(self, result: CheckResult) -> CheckResult:
        """A check's result without numbers about groups that are too small to show."""
        return hide_small_cells(result, self._cells)

    def data(self, info: DataInfo, results: Sequence[CheckResult]) -> DataInfo:
        """The description, which holds only what may be shown, with the groups that can be worked out all the same."""
        groups = self._cells.groups
        # intersections too, where a check printed them: they give more sums from which a small group follows
        listed = {tuple(measured.slice) for result in results for measured in result.measurements}
        sets = [(name,) for name in groups] + [texts for texts in listed if texts and set(texts) <= set(groups)]
        return info.model_copy(update={"deducible": tuple(deducible(self._cells, sets))})

    def text(self, text: str) -> str:
        """What a check or an error says, as it is."""
        return text

    @property
    def choice(self) -> str:
        """Nothing: all that is left out follows from the data."""
        return ""
