"""What the measurements of individual fairness mean."""

from typing import Any

from auditkit.results import NOBODY, SELECTED_LESS, SELECTED_MORE, Definition, Measurement, of_everyone

ZEMEL = "Zemel, Wu, Swersky, Pitassi and Dwork (2013), Learning fair representations, ICML"
KUSNER = "Kusner, Loftus, Russell and Silva (2017), Counterfactual fairness, arXiv:1703.06856"
ROWS = "Galhotra, Brun and Meliou (2017), Fairness testing: testing software for discrimination, arXiv:1709.03221"
PROXIES = (
    "Only this one column changes. Features that go with it (a proxy such as the occupation) stay as they are, so 0 "
    "does not show that the attribute has no influence, and a changed row may describe nobody. What the "
    f"person would have been with the other value is a causal question ({KUSNER})."
)

_DEFINITIONS = {
    "consistency": Definition(
        title="Consistency with the nearest others",
        formula="mean over the group's rows of the share of a row's k nearest other rows, of any group, that got the "
        "same decision; for two classes 1 - mean |decision - mean decision of the neighbours|",
        range="0 to 1",
        direction="higher",
        unit="share",
        reference=f"{ZEMEL}; interval: Efron and Stein (1981), The jackknife estimate of variance",
        pitfalls="Near 1 by chance where nearly everybody gets the same decision: compare with the chance level. "
        "Depends on the distance and on the number of rows searched. High consistency can be consistently unfair. A "
        "row is not its own neighbour here; in AIF360 it is, and its numbers are higher.",
        harm=NOBODY,
    ),
    "chance_consistency": Definition(
        title="Consistency of shuffled decisions",
        formula="probability that two different rows have the same decision",
        range="0 to 1",
        unit="share",
        reference=ZEMEL,
        pitfalls="A fact about how common each decision is, not about the model's fairness.",
        harm=NOBODY,
    ),
    "flip_rate": Definition(
        title="Decisions changed by changing the sensitive attribute alone",
        formula="rows whose decision changes when the column takes the value of a real row of the other group / rows; "
        "for a whole attribute: rows whose decision changes for any of its other groups / rows",
        range="0 to 1",
        direction="lower",
        unit="share",
        reference=f"{ROWS}; Wilson (1927), JASA 22, for the interval",
        pitfalls=PROXIES,
        harm=NOBODY,
    ),
    "flip_toward": Definition(
        only_groups=True,
        title="Decisions that become positive",
        formula="rows whose decision becomes the positive one when the group is changed / rows",
        range="0 to 1",
        direction="lower",
        unit="share",
        reference=f"{ROWS}; Wilson (1927), JASA 22, for the interval",
        pitfalls=f"Read together with the decisions that are no longer positive: both mean that the attribute "
        f"decides. {PROXIES}",
        harm=SELECTED_LESS,
    ),
    "flip_away": Definition(
        only_groups=True,
        title="Decisions that were positive and are no longer",
        formula="rows whose decision was the positive one and is another when the group is changed / rows",
        range="0 to 1",
        direction="lower",
        unit="share",
        reference=f"{ROWS}; Wilson (1927), JASA 22, for the interval",
        pitfalls=f"Read together with the decisions that become positive: both mean that the attribute decides. "
        f"{PROXIES}",
        harm=SELECTED_MORE,
    ),
}
DEFINITIONS = of_everyone(_DEFINITIONS)


def undefined(name: str, reason: str, **fields: Any) -> Measurement:
    """A measurement without a value, and why."""
    return Measurement(
        name=name, value=None, reason=reason, validity="inconclusive", unit="share",
        direction=DEFINITIONS[name].direction, **fields,
    )  # fmt: skip
