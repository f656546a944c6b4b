"""What the measurements of `explanations.permutation_importance` mean."""

from auditkit.results import Definition, of_everyone

FISHER = "Breiman 2001, Machine Learning 45; Fisher, Rudin, Dominici 2019, arXiv:1801.01489"
UNIT = "unit of the loss"

DEFINITIONS = of_everyone({
    "permutation_importance": Definition(
        title="Permutation importance",
        formula="mean loss where the column takes another row's value - mean loss of the rows as they are",
        range="any number; about 0 where the model does not need the column",
        unit=UNIT,
        reference=FISHER,
        pitfalls="A column with a near twin may be worth little by itself, as the other one tells the same. Shuffled "
        "rows may be like nobody's. It is about how good the answers are, not about how far they move.",
    ),
    "joint_importance": Definition(
        title="Permutation importance of two near twins together",
        formula="as permutation importance, with both columns taken from the same other row",
        range="any number",
        unit=UNIT,
        reference=FISHER,
        pitfalls="Two columns lose more than one, also where they share nothing: compare with the sum of both.",
    ),
    "loss": Definition(
        title="Loss of the rows as they are",
        formula="mean log loss, or share of wrong decisions where there are no probabilities; of predicted numbers "
        "mean squared error / variance of the labels",
        range="0 or more",
        direction="lower",
        unit=UNIT,
    ),
})  # fmt: skip
