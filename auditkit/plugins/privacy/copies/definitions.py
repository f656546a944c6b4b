"""What the measurements of synthetic copies mean."""

from auditkit.results import Definition, of_everyone

PLATZER = (
    "Platzer and Reutterer (2021), Holdout-based empirical assessment of mixed-type synthetic data, arXiv:2104.00635"
)
ZHAO = "Zhao, Kunar, Birke and Chen (2021), CTAB-GAN, arXiv:2102.08369"
TANGO = "Tango (1998), Statistics in Medicine 17; Kish (1965), Survey Sampling, for the interval"
KISH = "Wilson (1927), JASA 22; Kish (1965), Survey Sampling, for the interval"
DISTANCE = "numbers in standard deviations, two different names the root of 2 apart"
MEAN = "An average: a few people who are copied hardly move it. Distances count all columns alike."

DEFINITIONS = of_everyone({
    "closer_to_training": Definition(
        title="Synthetic rows nearer to a training row than to a held-out row",
        formula=f"share of synthetic rows whose nearest training row is nearer than the nearest of as many held-out "
        f"rows, ties one half; {DISTANCE}",
        range="0 to 1", direction="lower", unit="share", reference=f"{PLATZER}; {KISH}",
        pitfalls=f"0.5 is expected of rows that tell nothing of who was trained on, not 0. {MEAN}",
    ),
    "near_copies_excess": Definition(
        title="Near copies of training rows beyond those of held-out rows",
        formula="share of synthetic rows within a small distance of a training row less the share within it of one of "
        "as many held-out rows; the distance is that within which the given share of held-out rows lies of a training "
        "row", range="-1 to 1", direction="lower", unit="share", reference=f"{PLATZER}; {TANGO}",
        pitfalls="Where the data hold many equal rows the distance is 0, and only copies count. A generator that adds "
        "noise to each row can copy all of them at a greater distance.",
    ),
    "exact_copies": Definition(
        title="Synthetic rows equal to a real one", formula="synthetic rows equal in every column to a real row / rows",
        range="0 to 1", direction="lower", unit="share", reference=PLATZER,
        pitfalls="In tables of few values equal rows occur by chance, of training rows more often than of held-out "
        "ones, of which those that stand in the training split are left out. Depends on how many real rows there are.",
    ),
    "closest_distance": Definition(
        title="Distance to the closest real row", formula=f"median over synthetic rows; {DISTANCE}",
        range="0 and above", direction="higher", reference=f"{ZHAO}; interval by order statistics", pitfalls=MEAN,
    ),
    "nearest_ratio": Definition(
        title="Nearest-neighbour distance ratio",
        formula="median over synthetic rows of the distance to the nearest real row over that to the next nearest",
        range="0 to 1", direction="higher", reference=f"{ZHAO}; interval by order statistics",
        pitfalls="Near 0 one real row stands out as the model of a synthetic one. Compare training with held-out rows.",
    ),
})  # fmt: skip
