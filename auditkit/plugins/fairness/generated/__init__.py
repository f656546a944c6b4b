"""Which groups a generator draws, and how often, by a classifier that errs."""
