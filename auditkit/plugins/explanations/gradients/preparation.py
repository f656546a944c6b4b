"""From audit data to points: where the rows enter the network, what they are compared with, which parts they have."""

from typing import NamedTuple

import numpy as np
import torch

from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.explanations.gradients.baselines import make_baseline, token_baseline
from auditkit.plugins.explanations.gradients.embeddings import input_embedding, padding
from auditkit.plugins.explanations.gradients.grad_cam import last_convolution
from auditkit.plugins.explanations.gradients.methods import METHODS
from auditkit.plugins.explanations.gradients.network import Network, entered
from auditkit.plugins.explanations.gradients.parameters import GradientParameters
from auditkit.plugins.explanations.gradients.points import Points, ranges_of
from auditkit.plugins.explanations.gradients.units import make_units
from auditkit.plugins.explanations.shared.background import draw_background
from auditkit.plugins.explanations.shared.columns import column_owners


class Prepared(NamedTuple):
    """What is explained."""

    points: Points
    origin: str
    """What the baseline is, in words."""
    owners: np.ndarray | None
    """(K,) the original column of each encoded column of a table; None where there is no such thing."""
    tokens: np.ndarray | None
    """(n, L) numbers of the vocabulary, where rows are looked up in an embedding; else None."""


def prepare(
    parameters: GradientParameters, module: torch.nn.Module, model: Model, data: AuditData, targets: np.ndarray,
    context: Context,
) -> Prepared:  # fmt: skip
    """The rows as points, and what the method needs beside them."""
    source = data if data.train is None else data.train
    # rows are drawn before they are encoded: the whole split may not fit into memory
    few = np.sort(context.rng.permutation(len(source))[: parameters.background])
    encoded = model.encode(data.inputs).detach()
    background = model.encode(source.take(few).inputs).detach()
    image = data.modality == "image"
    owners = _owners(model, data, encoded, context)
    entry = entry_of(module, encoded)
    if entry:
        # the numbers themselves, for a list of them is no tensor that could be moved
        network = Network(module, targets, entry, encoded)
        embedded, background = (_embed(module, entry, rows, model.batch) for rows in (encoded, background))
        start, origin = token_baseline(
            parameters.baseline, embedded, background, padding(module.get_submodule(entry))
        )  # fmt: skip
        units, tokens = make_units(tuple(embedded.shape[1:]), False, None), encoded.long().cpu().numpy()
    else:
        network, embedded, tokens = Network(module, targets), encoded, None
        start, origin = make_baseline(parameters.baseline, encoded, background, image)
        units = make_units(tuple(encoded.shape[1:]), image, owners)
    layer = ""
    if parameters.explainer == "grad_cam":
        layer = parameters.layer or last_convolution(module, encoded) or ""
    points = Points(
        network, embedded, start, torch.arange(len(encoded), device=encoded.device), units, background,
        ranges_of(embedded), parameters.steps, model.batch, int(context.rng.integers(2**31)), layer,
    )  # fmt: skip
    if METHODS[parameters.explainer].baseline == "zeros":
        points, origin = points.from_zeros(), "zeros, after preprocessing"
    return Prepared(points, origin, owners, tokens)


def entry_of(module: torch.nn.Module, encoded: torch.Tensor) -> str:
    """The embedding by which rows without gradients enter; empty where inputs have gradients, or none is seen."""
    if encoded.is_floating_point() and has_gradients(module, encoded[:2]):
        return ""
    # some rows, of which no two axes are likely to be equally long
    return input_embedding(module, encoded[:3]) or ""


def has_gradients(module: torch.nn.Module, encoded: torch.Tensor) -> bool:
    """Whether the output of a module hangs together with its inputs in torch's graph; gradients of 0 are some.

    Args:
        module: in eval mode.
        encoded: (n, ...) floating-point rows.
    """
    leaf = encoded.detach().clone().requires_grad_(True)
    with torch.enable_grad():
        output = module(leaf)
        output = getattr(output, "logits", output)
        if not output.requires_grad:
            return False
        (gradient,) = torch.autograd.grad(output.sum(), leaf, allow_unused=True)
    return gradient is not None


def _embed(module: torch.nn.Module, entry: str, rows: torch.Tensor, batch: int) -> torch.Tensor:
    return torch.cat([entered(module, entry, part) for part in rows.split(batch)])  # type: ignore[no-untyped-call]


def _owners(model: Model, data: AuditData, encoded: torch.Tensor, context: Context) -> np.ndarray | None:
    if encoded.ndim != 2 or data.modality != "table":
        return None

    def encode(codes: np.ndarray) -> np.ndarray:
        return np.asarray(model.encode(data.decode(codes)).detach().double().cpu().numpy())

    codes = data.codes()
    if data.train is not None:
        # a column that is constant in these rows can still differ from the training split's mean
        codes = np.concatenate([codes, draw_background(data, len(codes), context.rng).codes])
    return column_owners(encode, codes, context.rng)
