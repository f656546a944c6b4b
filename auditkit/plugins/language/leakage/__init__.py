"""`language.leakage`: whether answers give away secrets, training texts, addresses and keys."""
