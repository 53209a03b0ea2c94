"""A metric that is changed, or counts otherwise, is seen in a step, in an evaluation and in what `fit` reports."""

import copy

import pytest
from stage_traces import MEASURED, WELL_BEHAVED, differing_names, larger, planted

from compare.analysis.reported import last_metrics, reported
from frameworks.parts.metrics import metric_names
from frameworks.quirks.resolution import resolve
from frameworks.runtime import samples
from scenarios.spec import metrics
from scenarios.spec.fields import changed, to_json

COUNTED_OTHERWISE = changed(WELL_BEHAVED, {"metrics": (
    metrics.BinaryAccuracy(0.11, "never"), metrics.Precision("above_half"), metrics.Recall("above_half"),
    metrics.F1Score("micro", "zero"))})


@pytest.mark.parametrize("name", metric_names(to_json(MEASURED)))
def test_change_of_a_thousandth_of_a_metric_is_seen_in_a_step_in_an_evaluation_and_in_reports(
        train, noise_of, dataset, name):
    trace, reference = train("reference-float32", MEASURED), train("reference", MEASURED)
    noises = noise_of(trace, MEASURED)
    y = samples.load(str(dataset.folder), "test", to_json(MEASURED)["data"])[1]
    resolved = resolve(MEASURED, trace.facts["environment"])
    assert reported(resolved, trace, {0: noises}) == [] == last_metrics(MEASURED, trace, y)
    for array, stage in ((name, "metric"), (f"evaluated/{name}", "evaluation")):
        assert differing_names(planted(trace, **{array: larger}), reference, noises) == [stage]
    for array, compared in (
            (f"reported/test/{name}", lambda altered: reported(resolved, altered, {0: noises})),
            (f"evaluated/test/{name}", lambda altered: last_metrics(MEASURED, altered, y))):
        altered = copy.deepcopy(trace)
        altered.arrays[array] = larger(altered.arrays[array])
        stage, = compared(altered)
        assert stage.name == "evaluation" and name in stage.tensor


@pytest.mark.parametrize("name", metric_names(to_json(COUNTED_OTHERWISE)))
def test_metric_that_counts_otherwise_is_seen_in_a_step_in_an_evaluation_and_in_reports(
        train, noise_of, dataset, name):
    """Another threshold, prediction or average of a counted metric, as a framework with another default has it."""
    right, wrong = (train("reference-float32", spec) for spec in (MEASURED, COUNTED_OTHERWISE))
    reference, noises = train("reference", MEASURED), noise_of(right, MEASURED)
    resolved = resolve(MEASURED, right.facts["environment"])
    y = samples.load(str(dataset.folder), "test", to_json(MEASURED)["data"])[1]
    for array, stage in ((name, "metric"), (f"evaluated/{name}", "evaluation")):
        counted = planted(right, **{array: lambda correct, array=array: wrong[f"probe/0/{array}"]})
        assert differing_names(counted, reference, noises) == [stage]
    for array, compared in (
            (f"reported/test/{name}", lambda altered: reported(resolved, altered, {0: noises})),
            (f"evaluated/test/{name}", lambda altered: last_metrics(MEASURED, altered, y))):
        altered = copy.deepcopy(right)
        altered.arrays[array] = wrong[array]
        stage, = compared(altered)
        assert stage.name == "evaluation" and name in stage.tensor
