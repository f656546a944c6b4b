"""Workers: processes of their own for code that may end, hang, or change what it is given."""
