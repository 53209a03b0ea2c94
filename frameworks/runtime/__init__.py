"""What the trainings of all frameworks share: the worker process, the training loop, traces. Python 3.6."""
