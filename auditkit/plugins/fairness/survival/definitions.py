"""What the measurements of gaps between groups in predicted times until an event mean."""

from typing import Final

from auditkit.results import NOBODY, Definition, of_everyone

_ENDS = "differences: Newcombe (1998), Statistics in Medicine 17, at the level of Šidák (1967), JASA 62"
_HARDER = "Groups may be harder to predict: a gap is a reason to look, not proof of unfair treatment."
MEASURED: Final = {
    "concordance_difference": "uno_concordance",
    "survival_brier_difference": "survival_brier_score",
    "risk_calibration_difference": "risk_calibration",
}
"""{difference: the number that groups differ in}."""


def _difference(title: str, of: str, pitfalls: str, unit: str = "") -> Definition:
    return Definition(
        title=title, formula=f"max over groups - min over groups of {of}", range="0 or more", direction="lower",
        unit=unit,
        reference=_ENDS, pitfalls=f"{_HARDER} {pitfalls}", harm=NOBODY, more_groups="grows",
    )  # fmt: skip


DEFINITIONS = of_everyone(
    {
        "concordance_difference": _difference(
            "Difference of concordances (Uno)", "Uno's concordance",
            "A group in which risks differ little has a low concordance even where its chances are right.",
        ),
        "survival_brier_difference": _difference(
            "Difference of Brier scores at a horizon", "the Brier score, under the condition `horizon`",
            "Groups in which the event is more common have higher Brier scores of equally good chances.",
        ),
        "risk_calibration_difference": _difference(
            "Difference of calibration at a horizon",
            "the mean predicted chance of the event less the share who had it, under the condition `horizon`",
            "The group with the higher number has its risk overstated, beside the other.", "share",
        ),
    }
)  # fmt: skip
