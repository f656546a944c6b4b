"""The gradient of each row by itself: what DP-SGD clips.

`choice.choose` gives the fastest engine that agrees with one backward pass a row, `engine.Engine.clipped_sum` what a
step needs of a chunk of rows, `trial.disagreement` tries an engine again on a batch of the training.
"""
