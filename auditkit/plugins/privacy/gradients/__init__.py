"""The gradient of each row by itself: what DP-SGD clips."""
