"""Signatures: keys, the signed statement and its envelope, and the verification of a run folder."""
