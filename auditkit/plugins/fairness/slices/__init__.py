"""Slices nobody thought of: a search over conjunctions of features for those in which it errs most."""
