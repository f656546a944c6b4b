"""Mitigation, measured: trainers that make a fairer model beside its parent, and account for what it cost."""
