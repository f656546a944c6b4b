"""The network: how it is built, saved without pickle, and opened again for the audit."""

from __future__ import annotations

import pathlib
from typing import Any

import safetensors.torch
import skops.io
import torch

import auditkit
from auditkit.demos.networks import make_mlp, seeded

WORK = pathlib.Path(__file__).resolve().parent / "work"


def make_network(features: int) -> torch.nn.Module:
    return seeded(make_mlp, features, 2, 64)


def save(network: torch.nn.Module, preprocess: Any, work: pathlib.Path) -> None:
    safetensors.torch.save_file(network.state_dict(), work / "network.safetensors")
    skops.io.dump(preprocess, work / "preprocess.skops")


def load() -> auditkit.Model:
    """What `object = "network:load"` in auditkit.toml calls."""
    weights = safetensors.torch.load_file(WORK / "network.safetensors")
    network = make_network(weights["0.weight"].shape[1])
    network.load_state_dict(weights)
    preprocess = skops.io.load(WORK / "preprocess.skops")
    return auditkit.wrap(network, classes=("<=50K", ">50K"), preprocess=preprocess)
