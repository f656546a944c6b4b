"""`privacy.anonymity`: how many rows share what others may know of a person, and what that tells of the rest."""
