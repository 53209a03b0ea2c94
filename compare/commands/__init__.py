"""The commands of `python -m compare`: one file each, whose `main` gets the arguments and returns an exit code."""
