"""Group fairness of decisions: rates and disparities, all from the table of counts."""
