"""Execution of trainings: data sets, environments, jobs and worker processes."""
