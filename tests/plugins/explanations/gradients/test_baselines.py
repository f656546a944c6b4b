"""Where paths begin."""

import pytest
import torch

from auditkit.plugins.explanations.gradients.baselines import blur, make_baseline, token_baseline


def test_baselines():
    encoded, background = torch.ones(3, 4), torch.tensor([[0.0, 2.0, 4.0, 6.0], [2.0, 2.0, 2.0, 2.0]])
    mean, what = make_baseline("auto", encoded, background, False)
    assert mean.tolist() == [[1, 2, 3, 4]] and what == "the mean of 2 background rows"
    assert make_baseline("zeros", encoded, background, False)[0].tolist() == [[0, 0, 0, 0]]
    pictures = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    assert "zeros" in make_baseline("auto", pictures, pictures, True)[1]
    assert make_baseline("blurred", pictures, pictures, True)[0].shape == (2, 1, 8, 8)
    with pytest.raises(ValueError, match="for images"):
        make_baseline("blurred", encoded, background, False)


def test_blurring_smooths_and_keeps_flat_pictures():
    flat = torch.full((1, 3, 9, 9), 0.4)
    assert blur(flat) == pytest.approx(flat.numpy(), abs=1e-6)
    point = torch.zeros(1, 9, 9)
    point[0, 4, 4] = 1
    assert blur(point).max() < 0.2 and blur(point).shape == point.shape


def test_tokens_begin_at_padding_where_there_is_some():
    embedded, background = torch.ones(2, 3, 4), torch.arange(8.0).reshape(1, 2, 4).expand(5, 2, 4)
    padded, what = token_baseline("auto", embedded, background, torch.tensor([1.0, 2, 3, 4]))
    assert padded.shape == (1, 3, 4) and padded[0, 2].tolist() == [1, 2, 3, 4] and "padding" in what
    mean, what = token_baseline("auto", embedded, background, None)
    assert mean[0, 1].tolist() == [2, 3, 4, 5] and "mean embedding" in what and "5 background rows" in what
    assert token_baseline("mean", embedded, background, torch.ones(4))[0][0, 0].tolist() == [2, 3, 4, 5]
    assert not token_baseline("zeros", embedded, background, torch.ones(4))[0].any()
