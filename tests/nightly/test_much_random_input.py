"""Many random specs, command lines and damaged files: a sentence, and never a traceback or a worker that ends.

The small version, with the strategies, is `tests/unit/test_random_input.py`.
"""

import pytest
from hypothesis import HealthCheck, settings
from test_random_input import (
    LOADERS,
    READERS,
    read_arguments,
    read_damaged_files,
    run_command_lines,
    train_random_specs,
)

many = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=True)


@pytest.mark.parametrize("framework, number", [("reference", 2000), ("keras", 200), ("lightning", 200)])
def test_random_specs_are_trained_or_refused(worker, dataset, tmp_path, framework, number):
    train_random_specs(framework, worker, dataset, tmp_path, settings(many, max_examples=number))


@pytest.mark.parametrize("name", LOADERS)
def test_damaged_file_is_a_sentence(name, tmp_path):
    read_damaged_files(name, tmp_path, settings(many, max_examples=1000))


@pytest.mark.parametrize("read", READERS, ids=lambda read: f"{read.__module__}.{read.__name__}")
def test_random_arguments_are_read_or_refused_in_a_sentence(read):
    read_arguments(read, settings(many, max_examples=1000))


def test_random_command_line_is_wrong_usage(tmp_path):
    run_command_lines(tmp_path, settings(many, max_examples=1000))
