"""What the numbers of an audit depend on: the data, the model, the packages and the machine."""
