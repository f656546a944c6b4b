"""What the measurements of groups known by probability mean."""

from typing import Final

from auditkit.results import NOBODY, SELECTED_MORE, Definition, of_everyone

SELECTED, FOUND = "selection_rate", "true_positive_rate"
DIFFERENCE: Final = "_difference_by_probability"
RATE: Final = "_by_probability"
_SOURCE: Final = "bounds: Kallus et al. (2022), arXiv:1906.00285; value: Chen et al. (2019)"
_VALUE: Final = (
    "The value is right only where, among people with equal probabilities, the decision does not go with the group. "
    "The interval needs no such thing: it holds every number that decisions and probabilities allow, and is judged."
)
_ON_AVERAGE: Final = "Probabilities must be right on average for these people, and not merely for the country."


def _rate(title: str, formula: str) -> Definition:
    return Definition(
        title=f"{title}, by probability", formula=formula, range="0 to 1", unit="share", reference=_SOURCE,
        pitfalls=f"{_VALUE} {_ON_AVERAGE}", harm=SELECTED_MORE,
    )  # fmt: skip


def _difference(title: str, formula: str) -> Definition:
    return Definition(
        title=f"{title}, by probability", formula=formula, range="0 to 1", unit="share", direction="lower",
        reference=_SOURCE, pitfalls=f"{_VALUE} {_ON_AVERAGE} A wide interval says that these probabilities tell too "
        "little of the groups to say more.", harm=NOBODY,
    )  # fmt: skip


DEFINITIONS = of_everyone(
    {
        SELECTED + DIFFERENCE: _difference(
            "Selection rate difference", "max over groups - min over groups of the selection rate by probability"
        ),
        FOUND + DIFFERENCE: _difference(
            "True positive rate difference",
            "max over groups - min over groups of the true positive rate by probability",
        ),
        SELECTED + RATE: _rate(
            "Selection rate", "sum of the probabilities of the selected / sum of the probabilities of all, of one group"
        ),
        FOUND + RATE: _rate(
            "True positive rate",
            "sum of the probabilities of selected positives / sum of the probabilities of positives, of one group",
        ),
    }
)
