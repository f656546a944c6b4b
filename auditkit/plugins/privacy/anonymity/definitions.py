"""What the measurements of anonymity mean."""

from typing import Any

from auditkit.results import Definition, Measurement, of_everyone

SWEENEY = "Sweeney (2002), k-anonymity: a model for protecting privacy, IJUFKS 10"
MACHANAVAJJHALA = (
    "Machanavajjhala, Kifer, Gehrke and Venkitasubramaniam (2007), l-diversity: privacy beyond k-anonymity, ACM TKDD 1"
)
LI = "Li, Li and Venkatasubramanian (2007), t-closeness: privacy beyond k-anonymity and l-diversity, ICDE"
CHOICE = "Depends on the columns named: with one that was forgotten it is worse."
WORST = f"Of the one worst class. {CHOICE}"

DEFINITIONS = of_everyone({
    "k_anonymity": Definition(
        title="Smallest class (k-anonymity)", formula="rows in the smallest class of equal quasi-identifiers",
        range="1 and above", direction="higher", unit="rows", reference=SWEENEY,
        pitfalls=f"{WORST} Of these rows: who else has the same values is not in them. Says nothing of what is learnt "
        "from classes whose rows agree.",
    ),
    "unique_share": Definition(
        title="Rows that are unique", formula="rows alone in their class / rows", range="0 to 1", direction="lower",
        unit="share", reference=SWEENEY,
        pitfalls=f"Unique in these rows, which need not be unique in the population. {CHOICE}",
    ),
    "exposed_share": Definition(
        title="Rows in classes of fewer than k", formula="rows in a class of fewer than k rows / rows",
        range="0 to 1", direction="lower", unit="share", reference=SWEENEY, pitfalls=CHOICE,
    ),
    "l_diversity": Definition(
        title="Fewest sensitive values in a class (l-diversity)",
        formula="min over classes of the number of different values of the sensitive column",
        range="1 and above", direction="higher", unit="values", reference=MACHANAVAJJHALA,
        pitfalls=f"{WORST} Two values count as two also where one of them is nearly certain.",
    ),
    "entropy_l_diversity": Definition(
        title="Effective number of sensitive values (entropy l-diversity)",
        formula="min over classes of exp(entropy of the sensitive column in the class)",
        range="1 and above", direction="higher", unit="values", reference=MACHANAVAJJHALA,
        pitfalls=f"{WORST} No class can have more than the whole table.",
    ),
    "homogeneous_share": Definition(
        title="Rows whose sensitive value follows from their class",
        formula="rows in a class in which all have the same value of the sensitive column / rows",
        range="0 to 1", direction="lower", unit="share", reference=MACHANAVAJJHALA,
        pitfalls=f"Rows that are alone in their class are among them. {CHOICE}",
    ),
    "t_closeness": Definition(
        title="Farthest class from the whole table (t-closeness)",
        formula="max over classes of the earth mover's distance between the sensitive column in the class and in the "
        "table; numbers: a step in the sorted list of m values costs 1 / (m - 1); names: any two are 1 apart",
        range="0 to 1", direction="lower", reference=LI,
        pitfalls=f"{WORST} The distance of numbers counts steps between values, not their sizes. A column of numbers "
        "with missing values is taken as names.",
    ),
})  # fmt: skip


def measured(name: str, value: float, **fields: Any) -> Measurement:
    """A fact about these rows, in the words of its definition."""
    meaning = DEFINITIONS[name]
    return Measurement(name=name, value=value, exact=True, unit=meaning.unit, direction=meaning.direction, **fields)
