"""Jobs, workers, data and environments: everything that makes a training happen."""
