"""The trainer `dp-sgd`, and the controls that hold its guarantee."""
