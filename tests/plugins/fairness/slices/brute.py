"""Every conjunction, one by one."""

import itertools

import numpy as np


def every_slice(codes, errors, depth, support, alpha):
    """[(score, features, codes)] of all slices with enough rows and a positive score, best first."""
    features, rows = codes.shape
    slices = []
    for size in range(1, depth + 1):
        for chosen in itertools.combinations(range(features), size):
            for values in itertools.product(*(np.unique(codes[index][codes[index] >= 0]) for index in chosen)):
                inside = np.ones(rows, dtype=bool)
                for feature, value in zip(chosen, values, strict=True):
                    inside &= codes[feature] == value
                if inside.sum() < support:
                    continue
                worse = errors[inside].mean() / errors.mean() - 1
                score = alpha * worse - (1 - alpha) * (rows / inside.sum() - 1)
                if score > 1e-9:
                    slices.append((score, chosen, tuple(int(value) for value in values)))
    return sorted(slices, key=lambda scored: (-round(scored[0], 10), len(scored[1]), scored[1], scored[2]))
