"""Where a torch module is, or a copy of it where another device is wanted."""

import copy

import torch

from auditkit.errors import ModelError


def placed(module: torch.nn.Module, device_name: str | None, name: str) -> tuple[torch.nn.Module, torch.device]:
    """The module and its device; a copy of it where another device is wanted, so that the user's stays.

    Raises:
        ModelError: torch cannot use that device here.
    """
    tensors = [*module.parameters(), *module.buffers()]
    current = tensors[0].device if tensors else torch.device("cpu")
    if device_name is None:
        return module, current
    try:
        device = torch.device(device_name)
        # A device can be named that is not there; only an allocation shows it.
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ModelError(
            f"{name}: device must be one that torch can use here, such as 'cpu'; {device_name!r} was given"
        ) from error
    is_current = device.type == current.type and (device.index is None or device.index == current.index)
    return (module, current) if is_current else (copy.deepcopy(module).to(device), device)
