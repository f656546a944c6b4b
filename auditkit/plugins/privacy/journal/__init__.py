"""`privacy.journal`: what the journal of a private training that was done elsewhere shows, and what it cannot."""
