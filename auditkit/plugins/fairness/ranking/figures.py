"""The figures and tables of fairness of rankings."""

from collections.abc import Sequence

from auditkit import figures
from auditkit.plugins.fairness.ranking.definitions import DIVERGENCE, GAP, RATIO, RELATIVE, TOP
from auditkit.plugins.fairness.ranking.exposure import Listing
from auditkit.results import Axis, Column, Figure, Measurement, Rule, Table


def draw(per_group: Sequence[Measurement], between: Sequence[Measurement]) -> list[Figure]:
    """Relative exposure and share of the top per group; the disparities."""

    def named(all_of: Sequence[Measurement], *names: str) -> list[Measurement]:
        return [measurement for measurement in all_of if measurement.name in names and len(measurement.slice) <= 1]

    drawings = (
        figures.dot_whisker(
            RELATIVE, "Relative exposure per group", named(per_group, RELATIVE),
            axis=Axis(field="value", title="Relative exposure"), rules=[Rule(value=1.0, label="like everyone")],
            caption="Above 1: placed higher than everyone on average. Lines are 95 % intervals.",
        ),
        figures.dot_whisker(
            TOP, "Share of the top k per group", named(per_group, TOP),
            axis=Axis(field="value", title="Share of the top", unit="share", percent=True),
            caption="Compare with the share of the list (table). Lines are 95 % intervals.",
        ),
        figures.forest(
            RATIO, "Exposure ratio", named(between, RATIO), axis=Axis(field="value", title="Ratio", domain=(0, 1)),
            rules=[Rule(value=1.0, label="equal")],
            caption="Lines are 95 % intervals that hold for all pairs of groups at once. At 1 all are equal.",
        ),
        figures.forest(
            GAP, "Largest gap between top and list", named(between, GAP),
            axis=Axis(field="value", title="Gap", unit="share", domain=(0, 1), percent=True),
            rules=[Rule(value=0.0, label="top as the list")],
            caption="Lines are 95 % intervals that hold for all groups at once.",
        ),
    )  # fmt: skip
    return list(filter(None, drawings))


def tables(listings: Sequence[Listing]) -> list[Table]:
    """Shares of list and tops; what chance gives for the divergence."""
    shares = [
        (name, str(top.label), float(top.list_shares[:, group].mean()), float(top.shares[:, group].mean()))
        for listing in listings
        for group, name in enumerate(listing.split.names)
        for top in listing.tops
        if not top.reason
    ]
    chance = [
        (" and ".join(listing.split.attributes), float(listing.divergence.mean()), listing.usual)
        for listing in listings
        if listing.usual is not None
    ]
    tables_made = []
    if shares:
        tables_made.append(
            Table(
                name="tops",
                title="Who is in the list, and who is at its top",
                columns=(
                    Column(name="group", title="Group"),
                    Column(name="k", title="Top"),
                    Column(name="list", title="Share of the list", unit="share", percent=True),
                    Column(name="top", title="Share of the top", unit="share", percent=True),
                ),
                rows=tuple(shares),
            )
        )
    if chance:
        # All sets of attributes are ranked in the same lists, so the first one tells.
        single = listings[0].single
        tables_made.append(
            Table(
                name="chance",
                title=f"{DIVERGENCE.upper()}, and what chance gives",
                caption="Chance: what shuffled groups stay below in 95 of 100 shuffles of the list; a long list is "
                "looked at in about 400 pieces." if single
                else "Chance: what shuffling the groups within every list gives on average.",
                columns=(
                    Column(name="over", title="Over the groups of"),
                    Column(name="found", title="Found", unit="nats"),
                    Column(name="chance", title="By chance", unit="nats"),
                ),
                rows=tuple(chance),
            )
        )  # fmt: skip
    return tables_made
