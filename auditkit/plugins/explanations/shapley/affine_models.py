"""Models that begin with an affine map of their encoded columns: its weights, and what comes after it."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from auditkit.models import Capability, Model
from auditkit.plugins.explanations.shared.pipelines import parts

Link = Callable[[np.ndarray], np.ndarray]


class AffineModel(NamedTuple):
    """answer(encoded) = after(encoded @ weights + bias)."""

    weights: np.ndarray
    """(E, H) float64."""
    bias: np.ndarray
    """(H,)"""
    after: Link
    """(m, H) pre-activations to (m, K) answers."""


def affine_model(model: Model) -> AffineModel | None:
    """The first layer of a model, and the rest; None where it does not begin with one as far as can be seen.

    Read are scikit-learn's logistic regression and multilayer perceptrons, also as the last step of a pipeline, and
    torch's Sequential that begins with Linear. Whether this is what the model answers must be tried on its answers.
    """
    if is_network(model):
        return _of_torch(model)
    estimator = model.estimator()
    return None if estimator is None else _of_estimator(parts(estimator)[1])


def is_network(model: Model) -> bool:
    """Whether the model is a torch network, which is asked about encoded inputs."""
    return Capability.GRADIENTS in model.capabilities


def logistic(margins: np.ndarray) -> np.ndarray:
    """(m, 1) log-odds to the (m, 2) probabilities of two classes."""
    # exp overflows float64 beyond 709
    positive = 1 / (1 + np.exp(-np.clip(margins, -700, 700)))
    return np.concatenate([1 - positive, positive], axis=1)


def softmax(logits: np.ndarray) -> np.ndarray:
    """(m, K) logits to probabilities."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _of_estimator(final: Any) -> AffineModel | None:
    if hasattr(final, "coef_") and hasattr(final, "predict_proba"):
        weights = np.atleast_2d(np.asarray(final.coef_, dtype=np.float64)).T
        bias = np.broadcast_to(np.asarray(final.intercept_, dtype=np.float64), weights.shape[1:])
        return AffineModel(weights, bias, logistic if weights.shape[1] == 1 else softmax)
    if not all(hasattr(final, part) for part in ("coefs_", "intercepts_", "activation", "out_activation_")):
        return None
    activations: Mapping[str, Link] = {
        "relu": lambda z: np.maximum(z, 0), "tanh": np.tanh, "identity": lambda z: z,
        "logistic": lambda z: logistic(z.reshape(-1, 1))[:, 1].reshape(z.shape),
    }  # fmt: skip
    links: Mapping[str, Link] = {"identity": lambda z: z, "logistic": logistic, "softmax": softmax}
    activation, link = activations.get(final.activation), links.get(final.out_activation_)
    if activation is None or link is None:
        return None
    layers = list(zip(final.coefs_[1:], final.intercepts_[1:], strict=True))

    def after(z: np.ndarray) -> np.ndarray:
        for weights, bias in layers:
            z = activation(z) @ weights + bias
        return np.asarray(link(z))

    return AffineModel(np.asarray(final.coefs_[0]), np.asarray(final.intercepts_[0]), after)


def _of_torch(model: Model) -> AffineModel | None:
    import torch

    links: Mapping[str, Link] = {
        "logits": softmax, "one logit": logistic, "probabilities": lambda z: z, "number": lambda z: z,
        "one probability": lambda z: np.concatenate([1 - z, z], axis=1),
    }  # fmt: skip
    with model.module() as module:
        if type(module) is not torch.nn.Sequential or model.output not in links or not len(module):
            return None
        first = module[0]
        # a layer of a class of its own, with hooks or a parametrisation may do more than Linear does
        if type(first) is not torch.nn.Linear or first._forward_hooks or first._forward_pre_hooks:
            return None
        weights = first.weight.detach().cpu().numpy().T.astype(np.float64)
        bias = np.zeros(weights.shape[1]) if first.bias is None else first.bias.detach().cpu().numpy()
        # a slice holds the same layers
        rest: Callable[[torch.Tensor], torch.Tensor] = module[1:]
        kind, device = first.weight.dtype, first.weight.device

    def after(z: np.ndarray) -> np.ndarray:
        # the layers are in the state of an answer, and in the one that they were found in afterwards
        with model.module(), torch.no_grad():
            raw = rest(torch.from_numpy(np.ascontiguousarray(z)).to(device, kind))
        numbers = raw.detach().cpu().numpy().astype(np.float64)
        return np.asarray(links[model.output](numbers.reshape(len(z), -1)))

    return AffineModel(weights, bias, after)
