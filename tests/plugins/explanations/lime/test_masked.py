"""Local models of texts and pictures against the package lime."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from lime.lime_image import LimeImageExplainer
from lime.lime_text import LimeTextExplainer

from auditkit.plugins.explanations.lime.masked import explain_masked, picture_masks, text_masks, weights

TEXT = "a good film , but not a great one and far too long"
WORTH = {"good": 1.0, "great": 2.0, "not": -1.5, "long": -0.5}


def ask(texts):
    scores = np.array([sum(WORTH.get(word, 0) for word in text.split()) for text in texts])
    scores = 1 / (1 + np.exp(-scores))
    return np.column_stack([1 - scores, scores])


def test_over_seeds_a_text_has_the_law_of_lime():
    words = list(dict.fromkeys(word for word in TEXT.split() if word != ","))

    def outputs(row, kept):
        return ask([" ".join(word for word, stays in zip(words, mask, strict=True) if stays) for mask in kept])

    own, other = [], []
    for seed in range(25):
        rng = np.random.default_rng(seed)
        local = explain_masked(outputs, [len(words)], np.array([1]), lambda size, rng=rng: text_masks(size, 300, rng))
        own.append([*local.values[0, [words.index(word) for word in WORTH]], local.r2[0]])
        outcome = LimeTextExplainer(random_state=seed).explain_instance(TEXT, ask, num_features=50, num_samples=300)
        coefficients = dict(outcome.as_list())
        other.append([*(coefficients[word] for word in WORTH), outcome.score])
    for column in range(5):
        p = scipy.stats.ks_2samp(np.array(own)[:, column], np.array(other)[:, column]).pvalue
        assert p > 1e-3, column


def test_over_seeds_a_picture_has_the_law_of_lime():
    segments = np.repeat(np.repeat(np.arange(9).reshape(3, 3), 4, axis=0), 4, axis=1)
    picture = np.random.default_rng(0).random((12, 12, 3))
    worth = np.linspace(-1, 1, 9)

    def of_pictures(pictures):
        means = np.array([[image[segments == part].mean() for part in range(9)] for image in pictures])
        scores = 1 / (1 + np.exp(-4 * means @ worth))
        return np.column_stack([1 - scores, scores])

    def outputs(row, kept):
        return of_pictures([np.where(mask[segments][..., None], picture, 0.0) for mask in kept])

    own, other = [], []
    for seed in range(15):
        rng = np.random.default_rng(seed)
        local = explain_masked(outputs, [9], np.array([1]), lambda size, rng=rng: picture_masks(size, 60, rng))
        own.append([*local.values[0, [0, 8]], local.r2[0]])
        outcome = LimeImageExplainer(random_state=seed).explain_instance(
            picture, of_pictures, labels=(1,), num_samples=60, num_features=50, top_labels=None,
            hide_color=0, segmentation_fn=lambda image: segments,
        )  # fmt: skip
        coefficients = dict(outcome.local_exp[1])
        score = outcome.score[1] if isinstance(outcome.score, dict) else outcome.score
        other.append([coefficients[0], coefficients[8], score])
    for column in range(3):
        p = scipy.stats.ks_2samp(np.array(own)[:, column], np.array(other)[:, column]).pvalue
        assert p > 1e-3, column


def test_masks_and_weights_by_hand():
    kept = text_masks(5, 4000, np.random.default_rng(0))
    assert kept[0].all() and not kept[1:].all(axis=1).any()
    counts = np.bincount(5 - kept[1:].sum(axis=1), minlength=6) / 3999
    assert counts == pytest.approx([0, *[0.2] * 5], abs=0.03)
    assert picture_masks(4, 4000, np.random.default_rng(0)).mean() == pytest.approx(0.5, abs=0.02)
    # a quarter is kept: the cosine distance is 1 - 1/2
    assert weights(np.array([[True, False, False, False]])) == pytest.approx([np.exp(-0.25 / 0.0625 / 2)])


def test_each_mask_is_asked_about_once():
    asked = []

    def outputs(row, kept):
        asked.append(len(kept))
        return kept.sum(axis=1, keepdims=True).astype(float)

    local = explain_masked(
        outputs, [3, 0], np.zeros(2, dtype=int), lambda size: text_masks(size, 500, np.random.default_rng(0))
    )
    assert asked == [8]
    assert np.isnan(local.values[1]).all() and np.isnan(local.r2[1])
    assert local.values[0] == pytest.approx(np.ones(3), abs=0.1)
