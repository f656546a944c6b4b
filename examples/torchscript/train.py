"""A small network as a TorchScript file, work/model.pt, which needs none of its code to be opened.

    python train.py
    auditkit run --budget quick

The table is scikit-learn's of 442 people with diabetes; the network says for whom the disease will get worse by more
than 140 within a year.
"""

import pathlib

import torch
from sklearn.datasets import load_diabetes

WORK = pathlib.Path("work")


def network(inputs: torch.Tensor, truth: torch.Tensor) -> torch.nn.Module:
    """Two layers that have seen the rows two hundred times."""
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(inputs.shape[1], 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    optimiser = torch.optim.Adam(module.parameters(), lr=0.05)
    for _ in range(200):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(module(inputs), truth).backward()
        optimiser.step()
    return module.eval()


if __name__ == "__main__":
    WORK.mkdir(exist_ok=True)
    table = load_diabetes(as_frame=True, scaled=True).frame
    truth = (table.pop("target") > 140).astype(int)
    inputs = torch.tensor(table.to_numpy(), dtype=torch.float32)
    train, test = torch.arange(0, len(table), 2), torch.arange(1, len(table), 2)
    module = network(inputs[train], torch.tensor(truth.to_numpy())[train])
    torch.jit.save(torch.jit.script(module), WORK / "model.pt")
    # the file holds sex as 0.0507 and -0.0446
    beside = {"worse": truth.map({0: "no", 1: "yes"}), "gender": (table.sex > 0).map({False: "first", True: "second"})}
    table.assign(**beside).iloc[test].to_csv(WORK / "people.csv", index=False)
