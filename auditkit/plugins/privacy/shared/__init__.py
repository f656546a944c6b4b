"""What more than one room of the family uses."""
