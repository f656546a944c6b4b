"""What a reader must know beside the numbers of the check."""

from collections.abc import Sequence

from auditkit.counts import Counts
from auditkit.data import AuditData
from auditkit.data.disclosure import how_many
from auditkit.plugins.fairness.groups.disparities import enough_draws
from auditkit.plugins.fairness.groups.figures import CLASSES, WIDEST
from auditkit.plugins.fairness.groups.group_table import Target
from auditkit.plugins.fairness.groups.measures import MEASURES
from auditkit.plugins.fairness.groups.parameters import Parameters
from auditkit.plugins.fairness.shared.partition import no_intersection
from auditkit.results import pairs
from auditkit.text import first_few


def notes(
    parameters: Parameters,
    data: AuditData,
    counts: Counts,
    targets: Sequence[Target],
    tests: int,
) -> list[str]:
    """Sentences about what was left out, and why."""
    sentences = [*_blanks(data, counts), *_classes(parameters, data, targets)]
    if not counts.labelled:
        dropped = [name for name in parameters.measures if MEASURES[name].labelled]
        if dropped:
            sentences.append(f"There are no labels, so these were not measured: {', '.join(dropped)}.")
    if data.weights is not None:
        sentences.append("Rates are weighted; intervals and tests use the effective number of rows (Kish 1965).")
    nobody = [pairs(where) for where in data.cells.nobody(parameters.intersections)]
    if nobody:
        sentences.append(
            f"Nobody is in these combinations, so they have no numbers: {first_few(nobody, between='; ')}."
        )
    sentences += no_intersection(parameters.intersections, data)
    if parameters.correction == "benjamini-hochberg":
        sentences.append(
            "Adjusted p-values keep the share of false alarms among the alarms down, not the chance of any."
        )
    # Said, because the number of shuffles is part of the method of each test.
    draws = enough_draws(parameters.permutations, tests)
    if draws > parameters.permutations:
        sentences.append(
            f"{draws} shuffles were drawn, not {parameters.permutations}: fewer could show nothing in {tests} tests."
        )
    return sentences


def _blanks(data: AuditData, counts: Counts) -> list[str]:
    rows = counts.tally.rows
    sentences = []
    if counts.abstained:
        withheld = how_many(int(rows[:, :, -1].sum()), data.minimum_cell, data.disclosure)
        sentences.append(f"No decision was made about {withheld} people: they are in no rate but the abstention rate.")
    if counts.labelled and rows[:, -1].any():
        unknown = how_many(int(rows[:, -1].sum()), data.minimum_cell, data.disclosure)
        sentences.append(
            f"The labels of {unknown} people are not known: they are left out of what needs labels, and of no more."
        )
    return sentences


def _classes(parameters: Parameters, data: AuditData, targets: Sequence[Target]) -> list[str]:
    if data.task != "multiclass":
        return ["The parameter classes is for more than two classes, and was not used."] if parameters.classes else []
    sentences = ["Each class is held against all others: selected means decided for the class."]
    class_count = sum(target.class_index is not None for target in targets)
    if class_count > CLASSES:
        sentences.append(f"Of {class_count} classes, the {WIDEST} with the widest gaps are drawn; all are measured.")
    return sentences
