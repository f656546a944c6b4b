"""`privacy.membership`: whether the answers tell who was in the training data."""
