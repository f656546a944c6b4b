"""`explanations.leave_out`: which passages or sentences of a prompt carry the answer."""
