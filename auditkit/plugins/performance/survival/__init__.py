"""How well times until an event are predicted, of people of whom some were not followed until theirs."""
