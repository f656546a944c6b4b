"""Slices nobody thought of: a search over conjunctions of features for those that the model treats worst."""
