"""What every framework's training shares: the worker process, the training loop, traces. Python 3.6."""
