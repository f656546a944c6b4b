"""What changes in an answer where only the group in a prompt changes."""
