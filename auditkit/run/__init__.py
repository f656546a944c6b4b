"""What the runner is made of: the plan, one check at a time, trainers, what is put back and what is applied after."""
