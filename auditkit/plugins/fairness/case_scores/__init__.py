"""Whether a system does as well for the cases of one group as for those of another."""
