"""What one more group can do to a number over groups, for every check that there is."""

from auditkit.host import Host
from auditkit.metrics.catalogue import CRITERIA

SHRINKS = {
    *(f"{name}_ratio" for name in CRITERIA), "impact_ratio", "lowest_impact_ratio", "burden_ratio",
    "exposure_ratio", "mean_score_ratio",
    "mean_absolute_error_ratio", "root_mean_squared_error_ratio",
}  # fmt: skip
GROWS = {
    "counterfactual_difference", "toxicity_rate_difference",
    "mean_score_difference", "refusal_difference", "concordance_difference", "survival_brier_difference",
    "risk_calibration_difference", "accuracy_difference_bounds", "precision_difference_bounds",
    "true_positive_rate_difference_bounds", "false_positive_rate_difference_bounds",
    *(f"{name}_difference" for name in CRITERIA), "differential_fairness", "differential_fairness_smoothed",
    "auc_difference", "abroca", "calibration_in_the_large_difference", "demographic_parity_at_threshold",
    "demographic_parity_worst_nearby", "equalized_odds_at_threshold", "equalized_odds_worst_nearby",
    "mean_prediction_difference", "mean_residual_difference", "wasserstein_distance", "kolmogorov_smirnov_distance",
    "top_k_gap", "robust_accuracy_difference", "drop_difference", "withstanding_difference", "single_flip_difference",
    "none_found_difference", "recourse_cost_difference",
}  # fmt: skip


def test_every_definition_says_what_more_groups_do():
    names_by_effect = {"shrinks": set(), "grows": set(), "neither": set()}
    for offer in Host(discover=False).checks().values():
        for name, definition in offer.value.definitions.items():
            names_by_effect[definition.more_groups].add(
                name.removesuffix("_large_groups").removesuffix("_to_reference")
            )
    assert (names_by_effect["shrinks"], names_by_effect["grows"]) == (SHRINKS, GROWS)
    assert {"between_group_entropy", "ndkl", "abroca_by_chance", "selection_rate"} <= names_by_effect["neither"]
