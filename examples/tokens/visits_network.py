"""The network: a small Transformer over the pages of a visit, filled up with 0."""

import torch

PAGES, PLACES, WIDTH = 40, 16, 16


class Visits(torch.nn.Module):
    """Two logits from visits (N, T) of pages, numbered from 1."""

    def __init__(self) -> None:
        super().__init__()
        self.pages = torch.nn.Embedding(PAGES + 1, WIDTH, padding_idx=0)
        self.places = torch.nn.Parameter(torch.zeros(PLACES, WIDTH))
        self.attention = torch.nn.TransformerEncoderLayer(WIDTH, 2, 32, dropout=0.0, batch_first=True)
        self.last = torch.nn.Linear(WIDTH, 2)

    def forward(self, visits: torch.Tensor) -> torch.Tensor:
        """The mean over the pages that are there."""
        empty = visits == 0
        states = self.attention(self.pages(visits) + self.places[: visits.shape[1]], src_key_padding_mask=empty)
        there = (~empty)[:, :, None]
        return self.last((states * there).sum(dim=1) / there.sum(dim=1))
