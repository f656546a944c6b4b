"""Networks of transformers as one map from tokens to logits, which never forgets which places are filled up."""

from typing import Any

import torch

from auditkit.network_output import main_output


class Masked(torch.nn.Module):
    """A network that masks what is filled up, also where nobody says so, and gives logits alone.

    transformers takes places that hold the token for filling up as words unless a mask says otherwise, and the
    answers then depend on the longest row that was asked about together.

    Args:
        inner: a `PreTrainedModel`.
    """

    def __init__(self, inner: torch.nn.Module) -> None:
        super().__init__()
        self.inner = inner
        config: Any = inner.config
        self.filler = getattr(config, "pad_token_id", None)
        self.made = False
        """Whether a mask had to be made."""

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor | None = None, **others: Any) -> Any:
        """(n, T) tokens to (n, C) logits."""
        if attention_mask is None and self.filler is not None and not input_ids.is_floating_point():
            attention_mask = real(input_ids, self.filler)
            self.made = self.made or not bool(attention_mask.all())
        return main_output(self.inner(input_ids, attention_mask=attention_mask, **others))


def real(tokens: torch.Tensor, filler: int) -> torch.Tensor:
    """(n, T) ones, and zeros where a row begins or ends with fillers; a row of nothing else is taken whole."""
    words = tokens != filler
    mask = (words.cumsum(1) > 0) & (words.flip(1).cumsum(1).flip(1) > 0)
    return (mask | ~words.any(dim=1, keepdim=True)).to(torch.int64)
