"""Fairness of rankings: who is seen first, in one list or in many."""
