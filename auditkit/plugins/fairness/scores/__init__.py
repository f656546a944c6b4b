"""Group fairness of scores: ranking, calibration and the choice of the threshold, all from one sort of the scores."""
