"""How few realistic changes of a row's details flip its decision: tables, under their schema."""
