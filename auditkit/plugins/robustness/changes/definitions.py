"""What the measurements of changes mean."""

from auditkit.results import Definition
from auditkit.variants import defined

WACHTER = (
    "Wachter, Mittelstadt and Russell (2018), Counterfactual explanations without opening the black box, "
    "arXiv:1711.00399"
)
USTUN = "Ustun, Spangher and Liu (2019), Actionable recourse in linear classification, arXiv:1809.06514"
BALLET = "Ballet et al. (2019), Imperceptible adversarial attacks on tabular data, arXiv:1911.03274"
COST = (
    "Cost: a number moved by its range from the 1st to the 99th percentile costs 1, a changed category costs 1, a "
    "token of a sequence of T costs 1/T, each times the cost set for the feature. Other costs give other numbers."
)
GRID = "Exact for the values that were tried, not for all that could be."

DEFINITIONS = defined({
    "withstanding_share": Definition(
        title="Decisions that withstand every change found",
        formula="rows for which no allowed change of up to `depth` features of cost at most c was found to flip the "
        "decision / rows",
        range="0 to 1", direction="higher", unit="share", reference=f"{WACHTER}; {BALLET}; Wilson (1927), JASA 22",
        pitfalls=f"An upper bound: a longer search may find cheaper changes. {COST}",
    ),
    "single_flip_share": Definition(
        title="Decisions that one changed feature flips",
        formula="rows whose decision is another one after some allowed change of one feature of cost at most c / rows",
        range="0 to 1", direction="lower", unit="share", reference=f"{WACHTER}; Wilson (1927), JASA 22",
        pitfalls=f"{GRID} That a feature should decide is often right: income may decide on a loan. {COST}",
    ),
    "flip_toward": Definition(
        title="Other decisions that one changed feature makes positive",
        formula="rows not decided positive that become so by a change of one feature of cost at most c / rows not "
        "decided positive",
        range="0 to 1", unit="share", reference=f"{USTUN}; Wilson (1927), JASA 22",
        pitfalls=f"Both gaming and honest recourse look like this. {GRID} {COST}",
    ),
    "flip_away": Definition(
        title="Positive decisions that one changed feature takes away",
        formula="rows decided positive that no longer are after a change of one feature of cost at most c / rows "
        "decided positive",
        range="0 to 1", direction="lower", unit="share", reference=f"{WACHTER}; Wilson (1927), JASA 22",
        pitfalls=f"{GRID} {COST}",
    ),
    "withstanding_difference": Definition(
        more_groups="grows",
        title="Widest difference between groups in decisions that withstand",
        formula="largest minus smallest withstanding share over the groups, at one cost",
        range="0 to 1", direction="lower", unit="share",
        reference="Miettinen and Nurminen (1985), Statistics in Medicine 4; Holm (1979)",
        pitfalls="A group whose scores lie nearer to the threshold has decisions that flip more easily.",
    ),
    "single_flip_difference": Definition(
        more_groups="grows",
        title="Widest difference between groups in decisions that one feature flips",
        formula="largest minus smallest share of rows that one changed feature flips over the groups, at one cost",
        range="0 to 1", direction="lower", unit="share",
        reference="Miettinen and Nurminen (1985), Statistics in Medicine 4; Holm (1979)",
        pitfalls="A group whose scores lie nearer to the threshold has decisions that flip more easily.",
    ),
    "median_flip_cost": Definition(
        title="Median cost of the cheapest change found that flips",
        formula="median over rows of the cheapest cost found; rows without one count as above all others",
        range="0 and above", direction="higher", unit="cost", reference=WACHTER,
        pitfalls=f"An upper bound. {COST}",
    ),
    "queries": Definition(
        title="Rows the model was asked about", formula="count", range="0 and above", unit="rows",
        pitfalls="The search and the controls that ask the model.",
    ),
})  # fmt: skip
