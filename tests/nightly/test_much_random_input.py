"""Many random specs, command lines and damaged files: a sentence, and never a traceback or a worker that ends.

The small version, with the strategies, is `tests/unit/test_random_input.py`.
"""

import pytest
from hypothesis import HealthCheck, given, settings
from random_specs import specs
from test_random_input import KINDS, LOADERS, damaged, outcome_of, read_damaged

many = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=True)


@pytest.mark.parametrize("framework, number", [("reference", 2000), ("keras", 200), ("lightning", 200)])
def test_random_specs_are_trained_or_refused(worker, dataset, tmp_path, framework, number):
    @settings(many, max_examples=number)
    @given(specs())
    def ends(spec):
        assert outcome_of(spec, framework, worker, dataset, tmp_path) in KINDS
    ends()


@pytest.mark.parametrize("name", LOADERS)
def test_damaged_file_is_a_sentence(name, tmp_path):
    @settings(many, max_examples=1000)
    @given(damaged(LOADERS[name][0]))
    def reads(content):
        read_damaged(name, content, tmp_path)
    reads()
