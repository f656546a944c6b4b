"""What the command line is made of: opening what settings name, the commands, and what the terminal shows."""
