"""Everything about a torch module that an audit may disturb: kept, frozen, put back."""

import contextlib
import copy
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import torch

from auditkit.errors import CapabilityError, ModelError, present
from auditkit.text import one_line

_TABLES = ("_parameters", "_buffers", "_modules")


class Snapshot:
    """What a module was: modes, hooks, other attributes, parameters with their `requires_grad` and `.grad`, buffers.

    Parameters and buffers are copied, so that restoring also undoes what was changed in place; any other attribute,
    such as a state that a recurrent network keeps from call to call, is bound again to what it was.
    """

    def __init__(self, module: torch.nn.Module) -> None:
        self._modules = [
            (layer, getattr(layer, "training", None), _tables(layer), _hooks(layer), _attributes(layer))
            for layer in module.modules()
        ]
        self._parameters = [
            (
                parameter,
                parameter.requires_grad,
                parameter.grad,
                None if parameter.grad is None else parameter.grad.clone(),
                parameter.detach().clone(),
            )
            for parameter in module.parameters()
        ]
        self._buffers = [(buffer, buffer.detach().clone()) for buffer in module.buffers()]

    def restore(self) -> None:
        """Put everything back."""
        for module, training, tables, hooks, attributes in self._modules:
            # What was added since goes, such as a state that a layer keeps from its first call on.
            for name in _attributes(module).keys() - attributes.keys():
                del module.__dict__[name]
            module.__dict__.update(attributes)
            if training is not None:
                module.training = training
            for name, entries in (*tables.items(), *hooks.items()):
                # The table is filled again in place, for a handle that removes a hook holds a reference to it.
                table = module.__dict__[name]
                table.clear()
                table.update(entries)
        with torch.no_grad():
            for parameter, requires_grad, gradient, values, weights in self._parameters:
                parameter.requires_grad_(requires_grad)
                if not _equal(parameter, weights):  # copying would raise its version for autograd
                    parameter.copy_(weights)
                if gradient is not None and values is not None:
                    gradient.copy_(values)
                parameter.grad = gradient
            for buffer, values in self._buffers:
                if not _equal(buffer, values):
                    buffer.copy_(values)


def _equal(one: torch.Tensor, other: torch.Tensor) -> bool:
    """`torch.equal`, which knows no sparse tensors."""
    return torch.equal(*(side if side.layout is torch.strided else side.to_dense() for side in (one, other)))


def _tables(module: torch.nn.Module) -> dict[str, Any]:
    """A scripted module keeps its own elsewhere, where nothing can be added or taken out."""
    return {name: dict(module.__dict__[name]) for name in _TABLES if isinstance(module.__dict__.get(name), dict)}


def _attributes(module: torch.nn.Module) -> dict[str, Any]:
    """Every attribute that is no table of torch's own; none of a scripted module, which keeps its own elsewhere."""
    if isinstance(module, torch.jit.ScriptModule):
        return {}
    tables = {*_TABLES, *_hooks(module), "training"}
    return {name: value for name, value in module.__dict__.items() if name not in tables}


def _hooks(module: torch.nn.Module) -> dict[str, Any]:
    """Every hook table of a module, by attribute name."""
    return {
        name: dict(value) for name, value in module.__dict__.items() if "_hooks" in name and isinstance(value, dict)
    }


@contextlib.contextmanager
def keeping(module: torch.nn.Module) -> Iterator[torch.nn.Module]:
    """The module, put back as it was on leaving, also after an exception.

    What lies in memory that other processes share is copied meanwhile, so that they never see a change.
    """
    snapshot = Snapshot(module)
    shared = [(tensor, tensor.data) for tensor in (*module.parameters(), *module.buffers()) if _is_shared(tensor)]
    try:
        for tensor, values in shared:
            tensor.data = values.clone()
        for layer in module.modules():
            copies = {name: value.clone() for name, value in _attributes(layer).items() if _is_shared(value)}
            layer.__dict__.update(copies)  # the snapshot has what they were
        yield module
    finally:
        for tensor, values in shared:
            tensor.data = values
        snapshot.restore()


def _is_shared(value: Any) -> bool:
    # of an accelerator's memory torch says so in any case, and sparse tensors have none that could be asked
    if not isinstance(value, torch.Tensor) or value.device.type != "cpu" or value.layout is not torch.strided:
        return False
    return value.is_shared()  # type: ignore[no-untyped-call]


@contextlib.contextmanager
def frozen(module: torch.nn.Module) -> Iterator[torch.nn.Module]:
    """The module in eval mode, parameters without gradients; put back on leaving.

    Under CUDA cuDNN is off for recurrent layers meanwhile, for it refuses their backward pass in eval mode.
    """
    recurrent = any(isinstance(layer, torch.nn.RNNBase) for layer in module.modules())
    cuda = any(layer.is_cuda for layer in module.parameters())
    plain = torch.backends.cudnn.flags(enabled=False) if recurrent and cuda else contextlib.nullcontext()
    with keeping(module), plain:
        evaluate(module)
        for parameter in module.parameters():
            parameter.requires_grad_(False)
            parameter.grad = None
        yield module


@contextlib.contextmanager
def answering(module: torch.nn.Module) -> Iterator[None]:
    """Eval mode while the module is only asked; the mode of each layer is put back."""
    modes = [(layer, layer.training) for layer in module.modules() if hasattr(layer, "training")]
    try:
        evaluate(module)
        yield
    finally:
        for layer, training in modes:
            layer.training = training


def evaluate(module: torch.nn.Module) -> None:
    """Eval mode for every layer; an exported graph refuses the call, and a frozen script has no mode."""
    for layer in module.modules():
        if hasattr(layer, "training"):
            layer.training = False


def redrawn(module: torch.nn.Module, public: Collection[str], name: str) -> torch.nn.Module:
    """A copy with newly drawn parameters.

    Args:
        module: left as it is.
        public: names of parameters and buffers that are kept bit for bit.
        name: of the model, for messages.

    Raises:
        CapabilityError: the module cannot be copied, or a layer does not know how to draw new parameters.
    """
    try:
        copied = copy.deepcopy(module)
    except Exception as error:  # whatever a layer of the user's own holds may refuse in any way
        raise CapabilityError(
            f"{name}: no untrained copy can be made, for the module cannot be copied "
            f"({one_line(error, 120)}). Give fresh=, a function that makes an untrained module; in place of the "
            "old torch.nn.utils.weight_norm take that of torch.nn.utils.parametrizations, which can be copied"
        ) from error
    copied.zero_grad(set_to_none=True)
    stuck = reset(copied, public)
    if stuck:
        raise CapabilityError(
            f"{name}: no untrained copy can be made, for these layers have parameters but no "
            f"reset_parameters(): {', '.join(stuck)}. Give fresh=, a function that makes an untrained module"
        )
    return copied


def reset(module: torch.nn.Module, public: Collection[str] = ()) -> list[str]:
    """Draw new parameters for every layer; the kinds of layer that cannot, with nothing changed where there are any.

    Args:
        module: changed in place.
        public: names of parameters and buffers that are kept as they are.
    """
    kept = {name: tensor.detach().clone() for name, tensor in _tensors(module).items() if name in set(public)}
    layers = [(name, layer) for name, layer in module.named_modules() if _is_drawn(name, layer, kept)]
    stuck = sorted({type(layer).__name__ for _, layer in layers if _resetter(layer) is None})
    if not stuck:
        for _, layer in reversed(layers):  # children first: attention sets a bias of its output layer
            present(_resetter(layer), "no layer is stuck")()
        _write(module, kept)
    return stuck


def _is_drawn(name: str, layer: torch.nn.Module, kept: Collection[str]) -> bool:
    own = [f"{name}.{part}".strip(".") for part, _ in layer.named_parameters(recurse=False)]
    below = [f"{name}.{part}".strip(".") for part, _ in layer.named_parameters()]
    if below and all(part in kept for part in below):
        return False
    return any(part not in kept for part in own) or _resetter(layer) is not None


def keep(module: torch.nn.Module, source: torch.nn.Module, public: Collection[str], name: str) -> None:
    """Copy parameters and buffers of another module of the same architecture.

    Args:
        module: changed in place.
        source: where they are taken from.
        public: their names.
        name: of the model, for messages.

    Raises:
        ModelError: the module lacks one of them, or has it in another shape.
    """
    known = _tensors(module)
    kept = {part: tensor for part, tensor in _tensors(source).items() if part in set(public)}
    for part, tensor in kept.items():
        if part not in known or known[part].shape != tensor.shape:
            raise ModelError(
                f"{name}: what fresh makes must have the public part {part!r} of shape {tuple(tensor.shape)}, so that "
                f"it can be kept; {'it has none' if part not in known else f'it has {tuple(known[part].shape)}'}"
            )
    _write(module, kept)


def _tensors(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    return dict(module.named_parameters()) | dict(module.named_buffers())


def _write(module: torch.nn.Module, values: Mapping[str, torch.Tensor]) -> None:
    tensors = _tensors(module)
    with torch.no_grad():
        for name, tensor in values.items():
            tensors[name].copy_(tensor)


def _resetter(module: torch.nn.Module) -> Any:
    # MultiheadAttention draws its parameters with a method of the private name.
    methods = (getattr(module, name, None) for name in ("reset_parameters", "_reset_parameters"))
    return next((method for method in methods if callable(method)), None)
