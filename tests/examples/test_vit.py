"""examples/vit: its accuracy is that of attention written out with numpy; gradients break it where noise does not."""

from __future__ import annotations

import math

import numpy as np
import pytest
import safetensors.numpy

from tests.examples import audited

CHECKS = ("performance", "explanations.gradients", "robustness")


def scaled(values: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """A layer norm."""
    centred = values - values.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5) * weight + bias


def answers(x: np.ndarray, own: dict[str, np.ndarray]) -> np.ndarray:
    """(N, 2) logits: patches, one layer of attention with two heads, the token's answer."""
    patches = x.reshape(len(x), 4, 4, 4, 4).swapaxes(2, 3).reshape(len(x), 16, 16)
    words = patches @ own["patches.weight"].reshape(16, 16).T + own["patches.bias"]
    words = np.concatenate([np.repeat(own["token"], len(x), axis=0), words], axis=1) + own["places"]
    normed = scaled(words, own["before.weight"], own["before.bias"])
    asked = normed @ own["attention.in_proj_weight"].T + own["attention.in_proj_bias"]
    heads = []
    for head in (slice(0, 8), slice(8, 16)):
        query, key, value = (part[..., head] for part in np.split(asked, 3, axis=-1))
        weight = np.exp(query[:, :1] @ key.swapaxes(1, 2) / math.sqrt(8))
        heads.append((weight / weight.sum(axis=-1, keepdims=True) @ value)[:, 0])
    seen = np.concatenate(heads, axis=1) @ own["attention.out_proj.weight"].T + own["attention.out_proj.bias"]
    token = words[:, 0] + seen
    wide = scaled(token, own["after.weight"], own["after.bias"]) @ own["wide.0.weight"].T + own["wide.0.bias"]
    wide = wide * (1 + np.vectorize(math.erf)(wide / math.sqrt(2))) / 2
    token = token + wide @ own["wide.2.weight"].T + own["wide.2.bias"]
    return token @ own["head.weight"].T + own["head.bias"]


def test_the_headline_is_what_attention_gives(tmp_path):
    only = [word for check in CHECKS for word in ("--only", check)]
    run = audited("vit", tmp_path, words=("--budget", "quick", *only))
    data = np.load(tmp_path / "work" / "pictures.npz")
    logits = answers(data["x"][:, 0], safetensors.numpy.load_file(tmp_path / "work" / "network.safetensors"))
    right = (logits[:, 1] > logits[:, 0]) == (data["stripe"] == "along")
    assert run.value("performance.quality.accuracy") == pytest.approx(right.mean(), abs=1e-12) and right.mean() > 0.85
    assert {verdict["limit"]["name"]: verdict["status"] for verdict in run.results["verdicts"]} == {
        "accuracy": "met",
        "small-changes": "missed",
    }
