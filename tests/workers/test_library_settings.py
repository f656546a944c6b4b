"""Settings of libraries go to a fresh process, and bring no library there that it may not need."""

from __future__ import annotations

import torch

from auditkit.workers.library_settings import settings_here, take_settings


def names(settings):
    return {one.partition("=")[0] for one in settings.split()}


def test_torch_is_named_only_where_it_is_not_as_it_begins():
    assert "torch" not in names(settings_here())
    torch.set_default_dtype(torch.float64)
    try:
        changed = settings_here()
    finally:
        torch.set_default_dtype(torch.float32)
    assert "torch" in names(changed)
    take_settings(changed)
    try:
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


def test_the_precision_of_products_goes_along():
    torch.set_float32_matmul_precision("medium")
    try:
        changed = settings_here()
        torch.set_float32_matmul_precision("highest")
        take_settings(changed)
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision("highest")
