"""Whether times until an event are predicted as well for one group as for another."""
