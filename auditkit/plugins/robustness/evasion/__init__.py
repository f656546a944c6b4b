"""How little must an input change before the model is wrong: by gradients or by decisions."""
