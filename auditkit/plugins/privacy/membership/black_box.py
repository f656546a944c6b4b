"""An attacker who knows some members, and learns what answers about members look like.

Shokri, Stronati, Song and Shmatikov (2017), Membership Inference Attacks Against Machine Learning Models,
arXiv:1610.05820, with members themselves in place of shadow models; made by the Adversarial Robustness Toolbox.
"""

from typing import Any

import numpy as np

from auditkit.art import quiet, require_art, seeded
from auditkit.plugins.privacy.membership.members import Sides


def black_box_scores(sides: Sides, seed: int) -> np.ndarray:
    """(M + N,) the chance of being a member, by boosted trees that see the answer about a row and its label.

    The trees are fitted to the first half of both sides, so those rows are not judged: NaN.

    Args:
        sides: members and others.
        seed: of the trees.
    """
    answers = np.vstack([sides.members.answers, sides.others.answers])
    members, others, judged = sides.half & sides.is_member, sides.half & ~sides.is_member, ~sides.half
    blackbox: Any = require_art("art.estimators.classification.blackbox")
    inference: Any = require_art("art.attacks.inference.membership_inference")
    with quiet(), seeded(seed):
        # it is given the answers, and asks for none
        target = blackbox.BlackBoxClassifierNeuralNetwork(lambda rows: rows, (1,), sides.classes)
        attack = inference.MembershipInferenceBlackBox(target, attack_model_type="gb")
        truth = sides.truth
        attack.fit(None, truth[members], None, truth[others], pred=answers[members], test_pred=answers[others])
        chances = attack.infer(None, truth[judged], pred=answers[judged], probabilities=True)
    scores = np.full(len(truth), np.nan)
    scores[judged] = chances[:, -1]
    return scores
