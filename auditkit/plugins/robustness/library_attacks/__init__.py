"""Attacks of the Adversarial Robustness Toolbox by name, guarded against its traps."""
