"""What the trainers of this room measure, each on the training split."""

from collections.abc import Iterable

from auditkit.results import Definition

FITTED = "On the rows that the mitigation was fitted to: the audit data tells what it is worth elsewhere."
PAIRS = "Interval: Miettinen and Nurminen (1985), Statistics in Medicine 4, for all pairs of groups at once"

_ALL = {
    "accuracy_cost": Definition(
        title="Accuracy given up (training split)", formula="accuracy of the parent - accuracy of the new model",
        range="-1 to 1", direction="lower", unit="share", pitfalls=f"{FITTED} Below 0: the new model is more accurate.",
    ),
    "accuracy_before": Definition(
        title="Accuracy of the parent (training split)", formula="share decided as the label says", range="0 to 1",
        direction="higher", unit="share", pitfalls=FITTED,
    ),
    "accuracy_after": Definition(
        title="Accuracy of the new model (training split)", formula="share decided as the label says", range="0 to 1",
        direction="higher", unit="share", pitfalls=FITTED,
    ),
    "violation_before": Definition(
        more_groups="grows",
        title="Gap of the parent (training split)",
        formula="max over groups - min over groups of the constrained rate; of two rates, the wider gap",
        range="0 to 1", direction="lower", unit="share", reference=PAIRS, pitfalls=FITTED,
    ),
    "violation_after": Definition(
        more_groups="grows",
        title="Gap of the new model (training split)",
        formula="max over groups - min over groups of the constrained rate; of two rates, the wider gap",
        range="0 to 1", direction="lower", unit="share", reference=PAIRS, pitfalls=FITTED,
    ),
    "expected_violation": Definition(
        more_groups="grows",
        title="Gap before the draw (training split)", formula="as the gap, of chances to be selected",
        range="0 to 1", direction="lower", unit="share",
        pitfalls="What the rule promises on average over all draws; one draw for each person scatters around it.",
    ),
    "decisions_changed": Definition(
        title="Decisions changed (training split)", formula="rows decided otherwise than by the parent / rows",
        range="0 to 1", unit="share", pitfalls="In both directions: some are selected now, and others no longer.",
    ),
    "decisions_drawn": Definition(
        title="Decisions left to chance (training split)", formula="rows with a chance between 0 and 1 / rows",
        range="0 to 1", direction="lower", unit="share",
        pitfalls="For these people chance decides, though always in the same way for the same inputs.",
    ),
    "best_gap": Definition(
        title="Duality gap", formula="smallest upper bound - lower bound of the Lagrangian, over iterations",
        range="0 and above", direction="lower", reference="Agarwal et al. (2018), arXiv:1803.02453",
        pitfalls="The lower bound is the best that the estimator found, which need not be the best there is.",
    ),
    "members": Definition(
        title="Models in the mixture", formula="models with a weight above 0", range="1 and above",
        pitfalls="All of them must be kept to answer.",
    ),
    "iterations": Definition(title="Iterations", formula="count", range="1 and above"),
    "fits": Definition(title="Models fitted", formula="count", range="1 and above"),
    "smallest_weight": Definition(
        title="Smallest weight", formula="min over groups and labels of P(group) P(label) / P(group, label)",
        range="above 0", reference="Kamiran and Calders (2012), Knowledge and Information Systems 33",
    ),
    "largest_weight": Definition(
        title="Largest weight", formula="max over groups and labels of P(group) P(label) / P(group, label)",
        range="above 0", direction="lower",
        reference="Kamiran and Calders (2012), Knowledge and Information Systems 33",
        pitfalls="A few people with large weights sway the model.",
    ),
    "label_gap_before": Definition(
        more_groups="grows",
        title="Gap of the labels (training split)",
        formula="max over groups - min over groups of the share of positive labels", range="0 to 1",
        direction="lower", unit="share", reference=PAIRS,
    ),
    "label_gap_after": Definition(
        more_groups="grows",
        title="Gap of the labels after weighting (training split)",
        formula="max over groups - min over groups of the weighted share of positive labels", range="0 to 1",
        direction="lower", unit="share", pitfalls="0 says that the weights do what they should, not that decisions do.",
    ),
}  # fmt: skip

SHARED = (
    "violation_before", "violation_after", "accuracy_before", "accuracy_after", "accuracy_cost", "decisions_changed",
)  # fmt: skip


def definitions(names: Iterable[str]) -> dict[str, Definition]:
    """{measurement: definition} of those that every trainer makes and of its own."""
    return {name: _ALL[name] for name in (*SHARED, *names)}
