"""What the measurements of `explanations.effects` mean."""

from auditkit.results import Definition, of_everyone

FRIEDMAN = "Friedman 2001, Annals of Statistics 29"
APLEY = "Apley, Zhu 2020, JRSS B 82, arXiv:1612.08468"
UNIT = "unit of the explained output"

DEFINITIONS = of_everyone({
    "ale_range": Definition(
        title="Range of the accumulated local effects",
        formula="largest - smallest value of the curve that adds up, step by step of the column, the mean difference "
        "of the output at both ends of the step, over the rows in it",
        range="0 or more, in the unit of the explained output",
        unit=UNIT,
        reference=APLEY,
        pitfalls="An average over people: opposite effects cancel out. The interval is about the two values where the "
        "curve is largest and smallest, which were chosen from the curve itself.",
    ),
    "partial_dependence_range": Definition(
        title="Range of the partial dependence",
        formula="largest - smallest value of the curve of mean outputs where everybody has one value of the column",
        range="0 or more, in the unit of the explained output",
        unit=UNIT,
        reference=FRIEDMAN,
        pitfalls="Where columns hang together it asks about rows that nobody has, and is inconclusive where these are "
        "many. An average over people: opposite effects cancel out.",
    ),
    "outside_share": Definition(
        title="Rows outside of the data",
        formula="share of the rows that partial dependence of the column asks about that are farther from the nearest "
        "real row than 99 % of real rows are from another; numbers are taken by rank and without their correlations, "
        "another category is 1",
        range="0 to 1",
        direction="lower",
        unit="share",
        reference="after Hooker, Mentch, Zhou 2021, Statistics and Computing 31, arXiv:1905.03151",
    ),
})  # fmt: skip
