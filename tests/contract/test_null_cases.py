"""Null cases, which differ by rounding alone, are not flagged, also with saturated outputs and other BLAS kernels."""

import os
import subprocess
import sys

import numpy as np
import pytest
import random_cases
from faulty import SPECS, SUMMED_BACKWARDS, Fault, TrainingCache, first_differing_stage, realization, started
from null_cases import NULLS
from random_cases import CASES, CLIPPED, saturated_case

from compare.analysis.stage_comparison import compare_stages
from compare.analysis.stages import DEPENDS_ON
from compare.execution import trials
from compare.execution.trials import Trial
from frameworks.reference import model as reference
from frameworks.runtime import training
from scenarios import spec as vocabulary

LONG_RUNNING = ("cosine", "plateau", "weighted")  # specs with null cases that take long


@pytest.fixture(scope="module")
def cache(dataset, folder):
    return TrainingCache(dataset, folder)


@pytest.mark.parametrize("spec", SPECS)
def test_the_framework_without_faults_equals_the_reference_bit_for_bit(dataset, folder, spec):
    job = {**trials.job(Trial("null", "one", "any", 0, "shared", SPECS[spec], True), dataset, folder),
           "settings": {"dtype": "float32"}}
    expected, actual = (training.train(side, job, lambda event, **facts: None) for side in (reference, realization()))
    assert expected.arrays.keys() == actual.arrays.keys() and expected.outcome == actual.outcome
    assert all(np.array_equal(expected[name], actual[name], equal_nan=True) for name in expected.arrays)


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("spec", [pytest.param(name, marks=[pytest.mark.nightly] if name in LONG_RUNNING else [])
                                  for name in SPECS])
def test_a_null_case_differs_at_no_stage_and_leaves_nothing_unexplained(cache, spec, null):
    divergence, unexplained_differences = cache.judged(SPECS[spec], **NULLS[null])
    assert [stage.differs for stage in divergence.stages] == [False] * len(DEPENDS_ON) and divergence.states > 15
    assert unexplained_differences == []


def test_the_smallest_subnormal_initial_weight_counts_as_zero(cache):
    divergence, unexplained_differences = cache.judged(SPECS["softmax"],
                                                       started(lambda weights: weights + np.float32(1e-45)))
    assert [stage.differs for stage in divergence.stages] == [False] * len(DEPENDS_ON) and unexplained_differences == []


KERNELS = [("Haswell", 1), ("Sandybridge", 2), ("Prescott", 1)]
"""(core type of OpenBLAS, number of threads)."""


@pytest.mark.parametrize("kernels, threads", KERNELS)
def test_other_blas_kernels_raise_no_false_alarm(dataset, kernels, threads):
    settings = {**os.environ, "OPENBLAS_CORETYPE": kernels, "OPENBLAS_NUM_THREADS": str(threads),
                "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, random_cases.__file__, str(dataset.folder)], env=settings,
                         capture_output=True, text=True, timeout=300)
    assert run.returncode == 0 and run.stdout.split() == [str(2 * CASES), "0"], run.stdout + run.stderr


def test_a_fault_in_the_gradient_of_a_saturated_softmax_is_detected(dataset):
    loss = vocabulary.CategoricalCrossentropy("softmax_of_logits", False, 0.0, True)
    draw, hits = np.random.default_rng(1), 0
    for _ in range(20):
        case = saturated_case(draw, dataset, loss)
        double = Fault("loss", lambda model, value: (value[0], value[1] * 2, value[2]))
        hits += first_differing_stage(compare_stages(case.trace(), case.trace((double,)), case.noises)) == "gradient"
    assert hits >= 5, hits  # 9 of them; in most of the others, rounding could explain the whole gradient


def test_a_probability_at_a_clipping_bound_raises_no_false_alarm(dataset):
    """If the noise ignored the outputs in the loss, three of these cases would differ, by 24,584 times it or more."""
    draw = np.random.default_rng(2)
    cases = [saturated_case(draw, dataset, CLIPPED) for _ in range(70)]
    results = [compare_stages(case.trace(), case.trace(SUMMED_BACKWARDS), case.noises) for case in cases]
    assert [first_differing_stage(stages) for stages in results] == [""] * len(cases)
