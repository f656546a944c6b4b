"""What the bounds of rates under selective labels mean."""

from typing import Final

from auditkit.results import NOBODY, RIGHTLY_SELECTED, SELECTED_MORE, Definition, Harm, of_everyone

BOUNDS: Final = "_bounds"
DIFFERENCE: Final = "_difference_bounds"
UNLABELLED: Final = "unlabelled_share"
_SOURCE: Final = "bounds: Manski (1990), American Economic Review 80; interval: Wilson (1927), JASA 22"
_VALUE: Final = (
    "The value is that of people whose label is known, who may be unlike the others. The interval holds whatever the "
    "other labels are, and is judged."
)
_WIDE: Final = "A wide interval says that these labels do not tell, and no way of filling them in would change that."


def _rate(title: str, formula: str, harm: Harm) -> Definition:
    return Definition(
        title=f"{title}, whatever the unknown labels", formula=formula, range="0 to 1", unit="share",
        reference=_SOURCE, pitfalls=f"{_VALUE} {_WIDE}", harm=harm,
    )  # fmt: skip


def _difference(title: str) -> Definition:
    return Definition(
        title=f"{title} difference, whatever the unknown labels",
        formula="max over groups - min over groups of the rate, with the unknown labels as unequal as can be",
        range="0 to 1", unit="share", direction="lower", more_groups="grows",
        reference=f"{_SOURCE}; differences: Newcombe (1998), Statistics in Medicine 17; Šidák (1967), JASA 62",
        pitfalls=f"{_VALUE} {_WIDE}", harm=NOBODY,
    )  # fmt: skip


RATES: Final = {
    "accuracy": ("Accuracy", "right decisions / all", NOBODY),
    "precision": ("Precision", "selected positives / selected", RIGHTLY_SELECTED),
    "true_positive_rate": ("True positive rate", "selected positives / positives", SELECTED_MORE),
    "false_positive_rate": ("False positive rate", "selected negatives / negatives", SELECTED_MORE),
}
"""{rate: its title, its formula, and who fares worse by it}."""
DEFINITIONS = of_everyone(
    {
        **{name + BOUNDS: _rate(*words) for name, words in RATES.items()},
        **{name + DIFFERENCE: _difference(title) for name, (title, _, _) in RATES.items()},
        UNLABELLED: Definition(
            title="Share of people without a label", formula="people whose label is not known / people",
            range="0 to 1", unit="share", reference="Wilson (1927), JASA 22", harm=NOBODY,
            pitfalls="Under the condition `decision` of those who were selected, or not: where labels are known of one "
            "kind alone, nothing here tells of the other.",
        ),
    }
)  # fmt: skip
