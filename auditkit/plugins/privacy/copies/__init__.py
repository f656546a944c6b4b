"""`privacy.synthetic_copies`: whether a table said to be synthetic holds rows of the data that it was made from."""
