"""What the measurements of scores of cases mean."""

from auditkit.results import NOBODY, Definition, of_everyone

_EACH = "under the condition `score`"

CHANGE = "mean_score_change_since_training"

DEFINITIONS = of_everyone(
    {
        "mean_score": Definition(
            title="Mean score", formula="mean over cases of the score", range="that of the scores",
            reference="bounded scores: Student (1908) with the added cases of Agresti and Coull (1998), in range; "
            "others: Hall (1992), JRSS B 54",
            pitfalls=f"A good mean can hide cases that go badly wrong: read the worst 5 % too. One per score, {_EACH}.",
            harm=NOBODY, same_as="mean_score",
        ),
        CHANGE: Definition(
            title="Change of the mean score since training",
            formula="mean score of these cases - mean score of the cases of the training split", range="any number",
            reference="Zou and Donner (2008), Statistics in Medicine 27, on the intervals of both means",
            pitfalls="Says that the cases or the system changed, not which. Units that are in both splits make it look "
            f"less certain than it is. One per score, {_EACH}.", harm=NOBODY,
        ),
        "median_case": Definition(
            title="Median score", formula="the score that half of the cases reach", range="that of the scores",
            reference="Thompson (1936), Annals of Mathematical Statistics 7",
            pitfalls="Says nothing about the worse half.", harm=NOBODY,
        ),
        "worst_5_percent": Definition(
            title="Worst 5 %", formula="the score that 95 of 100 cases reach or better", range="that of the scores",
            reference="order statistics: David and Nagaraja (2003), 7.1",
            pitfalls="Under about 70 cases one end of its interval is that of the range, or open.", harm=NOBODY,
        ),
        "poor_share": Definition(
            title="Share of poor cases", formula="cases with a worse score than `poor` / cases", range="0 to 1",
            direction="lower", unit="share", reference="Wilson (1927), JASA 22",
            pitfalls="What is poor is the owner's choice; it is printed with the score.", harm=NOBODY,
        ),
        "unscored_share": Definition(
            title="Share of cases without a score", formula="cases to which the system gave nothing / cases",
            range="0 to 1", direction="lower", unit="share", reference="Wilson (1927), JASA 22",
            pitfalls="Where such cases count as nothing, the other numbers are about the cases that went well enough "
            "to be scored, and are inconclusive.", harm=NOBODY,
        ),
    }
)  # fmt: skip
