"""`explanations.lime`: local linear models of tables, images and texts, with what says whether to read them."""
