"""Which layer looks the inputs up, where they are numbers of words; what nothing looks like there."""

import torch


def input_embedding(module: torch.nn.Module, inputs: torch.Tensor) -> str | None:
    """The name of the one embedding that looks up each number of the rows, in its place; None where there is none.

    Seen are layers of torch's class `Embedding` that are given the rows (n, L) as they are, once or several times.
    Numbers that are looked up otherwise (by an index, an `EmbeddingBag`, a part of the columns) are not.

    Args:
        module: in eval mode; hooked while it is asked once.
        inputs: (n, L) rows, whole numbers of any type.
    """
    rows = inputs.long()
    given: dict[str, list[bool]] = {}
    handles = []
    for name, layer in module.named_modules():
        if isinstance(layer, torch.nn.Embedding):

            def note(layer: torch.nn.Module, args: tuple[torch.Tensor, ...], name: str = name) -> None:
                is_whole = bool(args) and args[0].shape == rows.shape and torch.equal(args[0].long(), rows)
                given.setdefault(name, []).append(is_whole)

            handles.append(layer.register_forward_pre_hook(note))
    try:
        with torch.no_grad():
            module(inputs)
    finally:
        for handle in handles:
            handle.remove()
    whole = [name for name, matches in given.items() if all(matches)]
    # a layer that also looks up something else would be fed in the wrong place
    return whole[0] if len(whole) == 1 else None


def padding(layer: torch.nn.Module) -> torch.Tensor | None:
    """(d,) what an embedding gives for the number that stands for no word; None where it has none."""
    index = getattr(layer, "padding_idx", None)
    if not isinstance(layer, torch.nn.Embedding) or index is None:
        return None
    return layer.weight[index].detach()
