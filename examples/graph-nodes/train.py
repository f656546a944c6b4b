"""A made-up club of 600 members, friends of their like, and a graph network that learnt from 250 who renews."""

import pathlib

import numpy as np
import pandas as pd
import safetensors.torch
import torch
from club_network import Friends
from torch_geometric.utils import stochastic_blockmodel_graph

WORK = pathlib.Path(__file__).resolve().parent / "work"
MEMBERS, FACTS, TRAIN = 600, 4, 250


def club() -> tuple[torch.Tensor, torch.Tensor, np.ndarray, np.ndarray]:
    """(2, E) friendships, each in both directions, (N, 4) facts, (N,) who renews, (N,) where they live."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    renews = (np.arange(MEMBERS) >= MEMBERS // 2).astype(int)
    friendships = stochastic_blockmodel_graph([MEMBERS // 2] * 2, [[0.03, 0.01], [0.01, 0.03]])
    # those of the hills have fewer friends, of whom the network learns who somebody is
    hills = rng.random(MEMBERS) < 0.4
    chance = np.triu(rng.random((MEMBERS, MEMBERS)))
    one, other = friendships.numpy()
    kept = ~(hills[one] | hills[other]) | ((chance + chance.T)[one, other] > 0.8)
    facts = rng.normal(size=(MEMBERS, FACTS)) + 0.5 * renews[:, None]
    return (
        friendships[:, torch.from_numpy(kept)],
        torch.from_numpy(facts).float(),
        renews,
        np.where(hills, "hills", "valley"),
    )


def fitted(friendships: torch.Tensor, facts: torch.Tensor, members: torch.Tensor, renews: torch.Tensor) -> Friends:
    """The network after a hundred rounds on these members."""
    network = Friends(facts, friendships)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.02, weight_decay=0.001)
    for _ in range(100):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(network(members[:, None]), renews).backward()
        optimiser.step()
    return network.eval()


if __name__ == "__main__":
    WORK.mkdir(exist_ok=True)
    friendships, facts, renews, town = club()
    members = np.random.default_rng(1).permutation(MEMBERS)
    learnt = members[:TRAIN]
    network = fitted(friendships, facts, torch.from_numpy(learnt), torch.from_numpy(renews[learnt]))
    safetensors.torch.save_file(network.state_dict(), WORK / "network.safetensors")
    words = np.array(["leaves", "renews"])
    table = pd.DataFrame({"member": members, "next_year": words[renews[members]], "town": town[members]})
    table[:TRAIN].to_csv(WORK / "train.csv", index=False)
    table[TRAIN:].to_csv(WORK / "test.csv", index=False)
