"""`language.robustness`: whether an answer stays where the prompt changes and its meaning does not."""
