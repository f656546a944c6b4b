"""From importances to findings: what `explanations.permutation_importance` says."""

from collections.abc import Sequence

from auditkit.checks import Findings
from auditkit.figures import bars
from auditkit.plugins.explanations.permutation_importance.twins import Twins
from auditkit.plugins.explanations.shared.attributions import Estimate
from auditkit.results import Axis, Column, Control, Figure, Interval, Measurement, Scalar, Table

SHOWN = 15
"""Bars in the figure."""
METHOD = "Student t over rows that take and give values (Hoeffding projection)"


def importance_findings(
    names: Sequence[str], alone: Sequence[Estimate], pairs: Sequence[tuple[Twins, Estimate]], unit: str, rows: int
) -> Findings:
    """Numbers, the figure, and the table of near twins.

    Args:
        names: (D,) of the columns.
        alone: (D,) the importance of each.
        pairs: near twins, with the importance of both together.
        unit: of the loss.
        rows: how many there are.
    """
    order = sorted(range(len(names)), key=lambda column: -alone[column].value)
    with_twin = {column for pair, _ in pairs for column in pair[:2]}
    numbers = [_number("permutation_importance", names[column], alone[column], unit, rows) for column in order]
    numbers += [
        _number("joint_importance", f"{names[pair.first]} with {names[pair.second]}", both, unit, rows)
        for pair, both in pairs
    ]
    drawn: list[dict[str, Scalar]] = [
        {"feature": names[column] + (" (has a near twin)" if column in with_twin else ""), **_ends(alone[column])}
        for column in order[:SHOWN]
    ]
    return Findings(
        numbers, figures=[_figure(drawn, unit)], tables=[_table(names, alone, pairs, unit)] if pairs else []
    )


def twin_control(names: Sequence[str], pairs: Sequence[tuple[Twins, Estimate]], least: float) -> Control:
    """Whether columns tell things of their own; where not, importances are read together."""
    strongest = max((pair.association for pair, _ in pairs), default=0.0)
    listed = "; ".join(f"{names[pair.first]} and {names[pair.second]}" for pair, _ in pairs[:5])
    return Control.within(
        "no near twins", f"Is the association of every two columns under {least:g}, so that none stands in for one?",
        strongest, at_most=least, guards=("permutation_importance",), on_failure="note",
        reason=f"Where one of two near twins is shuffled the other still tells the same, and both look less important "
        f"than they are. Read them together: {listed}." if pairs else "No two columns tell nearly the same.",
    )  # fmt: skip


def _number(name: str, feature: str, estimate: Estimate, unit: str, rows: int) -> Measurement:
    ends = Interval(low=estimate.low, high=estimate.high, method=METHOD)
    return Measurement(
        name=name, value=estimate.value, interval=ends, n=rows, unit=unit, conditions={"feature": feature}
    )


def _ends(estimate: Estimate) -> dict[str, Scalar]:
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def _figure(drawn: list[dict[str, Scalar]], unit: str) -> Figure:
    return bars(
        "permutation_importance", "What shuffling a column costs", drawn, label=Axis(field="feature", title="Column"),
        value=Axis(field="value", title="Increase of the loss", unit=unit), low="low", high="high",
        caption="Lines are 95 % intervals over rows and shuffles.",
    )  # fmt: skip


def _table(
    names: Sequence[str], alone: Sequence[Estimate], pairs: Sequence[tuple[Twins, Estimate]], unit: str
) -> Table:
    return Table(
        name="twins", title="Near twins, alone and together",
        caption="Association: |Spearman| of numbers, Cramér's V with a category. Where both together cost far more "
        "than the sum of each alone, each stands in for the other.",
        columns=tuple(
            Column(name=name, title=title)
            for name, title in (
                ("first", "Column"), ("second", "Near twin"), ("association", "Association"),
                ("alone", f"First alone ({unit})"), ("other", f"Second alone ({unit})"),
                ("together", f"Together ({unit})"), ("low", "Low"), ("high", "High"),
            )
        ),
        rows=tuple(
            (names[pair.first], names[pair.second], pair.association, alone[pair.first].value, alone[pair.second].value,
             both.value, both.low, both.high)
            for pair, both in pairs
        ),
    )  # fmt: skip
