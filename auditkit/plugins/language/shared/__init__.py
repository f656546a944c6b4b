"""What several checks of answers in words use: words and sentences, refusals, numbers by prompt, further questions."""
