"""The usual scores of cases, from predictions and references: functions of arrays that give one number per case.

    pictures.py      Dice, intersection over union, peak signal-to-noise ratio, structural similarity
    detections.py    recall, precision and average precision of the boxes of a picture
    rankings.py      NDCG and recall among the first k of a user
    forecasts.py     errors over a horizon: absolute, relative, against the naive forecast
    texts.py         exact match and F1 of tokens
    episodes.py      the return of an episode
    generators.py    which real rows samples come near to, and which samples come near to real rows

Where a score is not defined, such as the Dice of a picture with nothing to find in which nothing was found, it is NaN,
which the audit counts as a case without a score; `empty` states another convention.
"""

from auditkit.case_scores.detections import average_precision, precision, recall
from auditkit.case_scores.episodes import discounted_return
from auditkit.case_scores.forecasts import mean_absolute_error, mean_absolute_scaled_error, symmetric_percentage_error
from auditkit.case_scores.generators import covered, realistic
from auditkit.case_scores.pictures import dice, intersection_over_union, peak_signal_to_noise, structural_similarity
from auditkit.case_scores.rankings import ndcg, recall_at
from auditkit.case_scores.texts import exact_match, token_f1

__all__ = [
    "average_precision", "covered", "dice", "discounted_return", "exact_match", "intersection_over_union",
    "mean_absolute_error", "mean_absolute_scaled_error", "ndcg", "peak_signal_to_noise", "precision", "realistic",
    "recall", "recall_at", "structural_similarity", "symmetric_percentage_error", "token_f1",
]  # fmt: skip
