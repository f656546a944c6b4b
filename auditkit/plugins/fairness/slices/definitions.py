"""What the measurements of the slice search mean."""

from auditkit.plugins.fairness.slices.outcomes import OUTCOMES
from auditkit.results import NOBODY, Definition

SLICELINE = "Sagadeeva and Boehm (2021), SliceLine, SIGMOD, doi:10.1145/3448016.3457323"
PITFALLS = (
    "Measured on rows that had no part in the search, so it is not the largest of many by construction; but only "
    "slices that the search found are here, and one that it missed is not."
)


def definitions() -> dict[str, Definition]:
    """{measurement: definition}."""
    by_name = {
        outcome.measurement: Definition(
            title=outcome.title,
            formula=f"{outcome.formula}, within the slice, among the rows kept back from the search",
            range="0 to 1; for predicted numbers 0 and above, in their unit",
            direction=outcome.direction,
            unit="share",
            reference=SLICELINE,
            pitfalls=PITFALLS,
            harm=outcome.harm,
            only_groups=True,
            made_of="further",
        )
        for outcome in OUTCOMES.values()
    }
    by_name["slice_gap"] = Definition(
        title="Slice minus the rest",
        formula="mean of what is searched for in the slice - its mean over all other rows, among the rows kept back",
        range="-1 to 1; for predicted numbers any, in their unit",
        direction="lower",
        unit="share",
        reference=f"{SLICELINE}; interval: Miettinen and Nurminen (1985), Statistics in Medicine 4",
        pitfalls=f"{PITFALLS} A gap may be due to harder cases, not to unfair treatment.",
        harm=NOBODY,
        only_groups=True,
    )
    by_name["confirmed_slices"] = Definition(
        title="Number of slices confirmed to differ from the rest",
        formula="slices found in one half of the rows whose gap in the other half is above 0 with an adjusted p-value "
        "of at most 0.05",
        range="0 to k",
        direction="lower",
        unit="slices",
        reference=f"{SLICELINE}; Cox (1975), A note on data-splitting for the evaluation of significance levels, "
        "Biometrika 62; Holm (1979), Scandinavian Journal of Statistics 6",
        pitfalls="0 does not show that all are treated alike: small slices, slices of more conditions, and gaps "
        "under the detectable size are not found.",
        harm=NOBODY,
        made_of="everyone",
    )
    return by_name
