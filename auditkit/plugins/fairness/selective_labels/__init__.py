"""Labels that are known of some people only, as of those who were accepted: bounds in place of guesses."""
