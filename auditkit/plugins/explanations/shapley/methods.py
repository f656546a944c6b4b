"""By which method a model's Shapley values are worked out: the first that serves."""

import math
import time
import warnings
from functools import partial
from typing import Any

import numpy as np

from auditkit.checks import Context
from auditkit.errors import TimeLimit
from auditkit.models import Model
from auditkit.plugins.explanations.shapley import enumeration, first_layer
from auditkit.plugins.explanations.shapley.affine_models import affine_model, is_network
from auditkit.plugins.explanations.shapley.exact import exact_attributions
from auditkit.plugins.explanations.shapley.first_layer import FirstLayer
from auditkit.plugins.explanations.shapley.parameters import ImportanceParameters
from auditkit.plugins.explanations.shared import permutation
from auditkit.plugins.explanations.shared.attributions import Attributions
from auditkit.plugins.explanations.shared.case import Case
from auditkit.plugins.explanations.shared.columns import column_owners
from auditkit.plugins.explanations.shared.pipelines import dense, encode, parts


def attribute(
    case: Case, model: Model, context: Context, parameters: ImportanceParameters
) -> tuple[Attributions, str, list[str]]:
    """Attributions, the evidence level they rest on, and why they are of no closed form where they are not."""
    exact = exact_attributions(case, model.estimator(), context.rng)
    if not isinstance(exact, str) and parameters.explain == "answers" and exact.unit != case.output.unit:
        exact = f"answers are to be explained, and its closed form is of the {exact.unit}"
    if not isinstance(exact, str):
        return exact, "model", []
    layer = factored(case, model, context.rng)
    game, method, sampled = _game(case, layer, context, parameters)
    shared = case.output.answers[np.arange(len(case.x)), case.output.target]
    errors = game.errors if sampled else None
    if layer is None:
        why = f"Nothing is worked out from the model itself: {exact}."
    else:
        method, why = f"{method}, by sums in the model's first layer", f"There is no closed form: {exact}."
    attributions = Attributions(game.values, game.base, shared, case.output.unit, method, errors)
    return attributions, "queries" if layer is None else "model", [why]


def factored(case: Case, model: Model, rng: np.random.Generator) -> FirstLayer | None:
    """The model by what each column adds to its first layer; None where that is not, or does not give its answers."""
    try:
        # of foreign code, as the shared pass has noted already
        with warnings.catch_warnings(action="ignore"):
            affine = affine_model(model)
            if affine is None:
                return None

            def encoded(codes: np.ndarray) -> np.ndarray:
                return _encoded(case, model, codes)

            owners = column_owners(encoded, np.concatenate([case.x, case.background]), rng)
            if owners is None:
                return None
            layer = first_layer.first_layer(
                affine, encoded(case.x), encoded(case.background), owners, case.x.shape[1], case.output.target
            )
            return layer if first_layer.is_the_model(layer, case.ask, case.x, case.background, rng) else None
    except TimeLimit:
        raise
    except Exception:  # foreign code: whatever it dislikes, the model can still be asked
        return None


def _encoded(case: Case, model: Model, codes: np.ndarray) -> np.ndarray:
    if is_network(model):
        tensor: Any = model.encode(case.decode(codes))
        return np.asarray(tensor.detach().cpu().numpy().reshape(len(codes), -1), dtype=np.float64)
    return dense(encode(case, parts(model.estimator())[0], codes))


def _game(
    case: Case, layer: FirstLayer | None, context: Context, parameters: ImportanceParameters
) -> tuple[permutation.Sampled, str, bool]:
    """The values, the method in words, and whether orders were sampled."""
    ask, walk = case.ask, None
    if layer is not None:
        ask, walk = partial(_any_answers, layer), layer.walk
    fewest, seconds = parameters.permutations, _seconds(context)
    if enumeration.is_enumerated(ask, case.x, case.background, fewest, seconds):
        method = f"all {2 ** case.x.shape[1]:,} coalitions of the original columns, exact for this background"
        if layer is not None:
            return first_layer.enumerated(layer, context.progress), method, False
        return enumeration.enumerated(case.ask, case.x, case.background, context.progress), method, False

    def sample(pairs: int) -> permutation.Sampled:
        return permutation.paired_permutations(
            case.ask, case.x, case.background, context.rng, pairs, context.progress, walk
        )

    if parameters.error is None:
        game, pairs = sample(fewest), fewest
    else:
        game, pairs = permutation.until_error(sample, parameters.error, fewest, parameters.most_permutations)
    return game, f"paired permutations of the original columns, {pairs} pairs per row and background row", True


def _any_answers(layer: FirstLayer, codes: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """As many answers of what comes after the first layer as there are rows, for the time that they take."""
    sums = layer.of_background.sum(axis=1)
    return layer.answers(sums[np.arange(len(codes)) % len(sums)], np.zeros(len(codes), dtype=np.int64))


def _seconds(context: Context) -> float:
    """That enumeration may take: half of what is left to the check, for the trials ask the model too."""
    left = math.inf if context.deadline is None else context.deadline - time.monotonic()
    return min(enumeration.SECONDS, left / 2)
