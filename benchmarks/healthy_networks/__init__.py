"""Networks and trees whose robustness is known exactly."""
