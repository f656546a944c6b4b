"""Scores of cases are those of torchmetrics, case by case."""

import numpy as np
import pytest
import torch
from torchmetrics.functional import mean_absolute_error as torch_error
from torchmetrics.functional.classification import binary_f1_score, binary_jaccard_index
from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure
from torchmetrics.functional.retrieval import retrieval_normalized_dcg, retrieval_recall

from auditkit import case_scores
from auditkit.errors import DataError

RNG = np.random.default_rng(1)


def test_masks_and_pictures():
    predicted, reference = RNG.random((2, 8, 12, 14)) < 0.4
    pairs = [(torch.tensor(one), torch.tensor(other)) for one, other in zip(predicted, reference, strict=True)]
    dice = [binary_f1_score(one.int(), other.int()).item() for one, other in pairs]
    overlap = [binary_jaccard_index(one.int(), other.int()).item() for one, other in pairs]
    assert case_scores.dice(predicted, reference) == pytest.approx(dice)
    assert case_scores.intersection_over_union(predicted, reference) == pytest.approx(overlap)
    pictures = RNG.random((5, 3, 20, 24)) * 255
    noisy = pictures + RNG.normal(0, 20, pictures.shape)
    tensors = torch.tensor(noisy), torch.tensor(pictures)
    ratio = peak_signal_noise_ratio(*tensors, data_range=255.0, reduction="none", dim=(1, 2, 3))
    assert case_scores.peak_signal_to_noise(noisy, pictures, 255) == pytest.approx(ratio.numpy())
    # torchmetrics fills up what lies beyond the border; the published measure takes windows within the picture alone
    full = structural_similarity_index_measure(*tensors, data_range=255.0, return_full_image=True)[1]
    similar = full[..., 5:-5, 5:-5].mean(dim=(1, 2, 3))
    assert case_scores.structural_similarity(noisy, pictures, 255) == pytest.approx(similar.numpy(), abs=1e-6)


def test_structural_similarity_of_the_same_of_flat_and_of_small_pictures():
    picture = RNG.random((2, 16, 16))
    assert case_scores.structural_similarity(picture, picture, 1) == pytest.approx([1, 1])
    # of flat pictures the means alone count: (2 · 0.2 · 0.4 + 1e-4) / (0.04 + 0.16 + 1e-4)
    flat = case_scores.structural_similarity(np.full((1, 11, 11), 0.2), np.full((1, 11, 11), 0.4), 1)
    assert flat == pytest.approx([0.1601 / 0.2001])
    with pytest.raises(DataError, match="11 by 11"):
        case_scores.structural_similarity(picture[:, :10], picture[:, :10], 1)


def test_rankings():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        relevance, ranked = rng.integers(0, 4, 12), rng.permutation(12)
        scores = torch.tensor(12.0 - np.argsort(ranked))
        wanted = dict(enumerate(relevance.tolist()))
        expected = retrieval_normalized_dcg(scores, torch.tensor(relevance), top_k=5).item()
        assert case_scores.ndcg([ranked.tolist()], [wanted], k=5) == pytest.approx([expected], abs=1e-6)
        recall = retrieval_recall(scores, torch.tensor(relevance) > 0, top_k=5).item()
        assert case_scores.recall_at([ranked.tolist()], [wanted], k=5) == pytest.approx([recall])


def test_errors_over_a_horizon():
    predicted, reference = RNG.normal(size=(2, 6, 10))
    expected = [torch_error(torch.tensor(a), torch.tensor(b)).item() for a, b in zip(predicted, reference, strict=True)]
    assert case_scores.mean_absolute_error(predicted, reference) == pytest.approx(expected)
