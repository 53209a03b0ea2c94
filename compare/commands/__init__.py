"""The commands of `python -m compare`, one file each: `main` takes the arguments and returns an exit code."""
