"""Layers that cannot be trained privately."""

import warnings

from torch import nn

from auditkit.errors import require


def unfit_layers(module: nn.Module) -> list[str]:
    """Why opacus's validator refuses the module, one sentence each; empty where it does not."""
    module.train()
    validator = require("opacus.validators", "opacus").ModuleValidator
    with warnings.catch_warnings(action="ignore"):
        return [str(fault) for fault in validator.validate(module, strict=False)]
