"""`explanations.importance`: Shapley values of the features, exact where they can be, and controlled."""
