"""Groups that were not recorded and are known by probability: what decisions can have done to them."""
