"""What the measurements of `explanations.counterfactuals` mean."""

from auditkit.results import Definition, Harm, of_everyone

HARDER = Harm(benefit="high", burden="high")
"""Whoever finds it harder to get the wanted outcome is worse off, whatever being selected is."""
COST = (
    "|difference| / median absolute deviation for each number that changed (the mean one where the median is 0), 1 for "
    "each other category"
)
WACHTER = "Wachter, Mittelstadt and Russell 2017, arXiv:1711.00399"
GUPTA = "Gupta et al. 2019, arXiv:1909.03166; von Kügelgen et al. 2022, arXiv:2010.06529"

DEFINITIONS = of_everyone({
    "none_found": Definition(
        title="People without a counterfactual",
        formula="share of people with the other outcome for whom no allowed change was found that the model decides as "
        "wanted, within the stated number of model rows and of changed columns",
        range="0 to 1",
        direction="lower",
        unit="share",
        reference="Mothilal, Sharma and Tan 2020, arXiv:1905.07697 (validity)",
        pitfalls="None found is not none there, unless a note says that the search was exact.",
        harm=HARDER,
    ),
    "recourse_cost": Definition(
        title="Cost of the nearest counterfactual",
        formula=f"mean over people with the other outcome of the sum over columns of {COST}; who has none counts at "
        "the largest cost of anybody",
        range="0 or more",
        direction="lower",
        unit="spreads",
        reference=f"{WACHTER}; Mothilal, Sharma and Tan 2020, arXiv:1905.07697",
        pitfalls="Not what a change costs a person: all columns are taken to be as easy to change, each in its own "
        "spread. A change of the row need not be one that the person can make, nor one that causes the others.",
        harm=HARDER,
    ),
    "changed_columns": Definition(
        title="Changed columns",
        formula="mean number of columns in which counterfactual and person differ",
        range="0 or more",
        direction="lower",
        unit="columns",
        reference="Mothilal, Sharma and Tan 2020, arXiv:1905.07697 (sparsity)",
    ),
    "distance_to_real": Definition(
        title="Distance of a counterfactual to the nearest real row of the wanted outcome",
        formula=f"median over counterfactuals of the least sum over columns of {COST}, to real rows that the model "
        "decides as wanted",
        range="0 or more",
        direction="lower",
        unit="spreads",
        reference="Mothilal, Sharma and Tan 2020, arXiv:1905.07697; Laugel et al. 2019, arXiv:1907.09294",
        pitfalls="Read it beside the distance between real rows.",
    ),
    "distance_between_real": Definition(
        title="Distance between real rows of the wanted outcome",
        formula="median over real rows that the model decides as wanted of the least such sum, to another of them",
        range="0 or more",
        unit="spreads",
    ),
    "none_found_difference": Definition(
        title="Difference of people without a counterfactual",
        formula="max over groups - min over groups of the share of people without a counterfactual",
        range="0 to 1",
        direction="lower",
        unit="share",
        reference=GUPTA,
        pitfalls="Groups of people with the other outcome, who may differ in how far they are from the wanted one.",
        more_groups="grows",
        harm=HARDER,
    ),
    "recourse_cost_difference": Definition(
        title="Difference of costs of counterfactuals (recourse gap)",
        formula="max over groups - min over groups of the mean cost of the nearest counterfactual",
        range="0 or more",
        direction="lower",
        unit="spreads",
        reference=GUPTA,
        pitfalls="A gap in the row's columns, not of what people can do: the same change can be harder for one group.",
        more_groups="grows",
        harm=HARDER,
    ),
})  # fmt: skip
NEAREST = ("recourse_cost", "recourse_cost_difference", "changed_columns")
"""What rests on the nearest ones being found."""
