"""The network: two rounds over a graph of friends, asked about members by their numbers."""

import pathlib

import pandas as pd
import safetensors.torch
import torch
from torch_geometric.nn import GCNConv

import auditkit

WORK = pathlib.Path(__file__).resolve().parent / "work"


class Friends(torch.nn.Module):
    """Two logits for each member (N, 1); the graph is part of the model, and a number of nobody is an error."""

    def __init__(self, facts: torch.Tensor, friendships: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("facts", facts)
        self.register_buffer("friendships", friendships)
        self.first, self.second = GCNConv(facts.shape[1], 8), GCNConv(8, 2)

    def forward(self, members: torch.Tensor) -> torch.Tensor:
        """What the rounds say of these members."""
        hidden = torch.relu(self.first(self.facts, self.friendships))
        return self.second(hidden, self.friendships)[members[:, 0]]


def numbers(table: pd.DataFrame) -> torch.Tensor:
    """(N, 1) the members of a table."""
    return torch.tensor(table[["member"]].to_numpy(dtype=int))


def load() -> auditkit.Model:
    """What `object = "club_network:load"` in auditkit.toml calls."""
    state = safetensors.torch.load_file(WORK / "network.safetensors")
    network = Friends(state["facts"], state["friendships"])
    network.load_state_dict(state)
    return auditkit.wrap(network.eval(), classes=("leaves", "renews"), output="logits", preprocess=numbers)
