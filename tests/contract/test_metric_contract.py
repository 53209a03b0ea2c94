"""The contract of every framework: metrics of a spec as computed by hand, over samples and not batches."""

import numpy as np
import pytest
from contract_specs import BINARY, NET
from rounding import SUMMED, UNIT, each, relative

from compare.execution.workers import JobFailed
from frameworks.parts.metrics import METRICS, metric_part
from frameworks.runtime import samples
from scenarios.spec import SGD, Activation, Data, Dense, MeanSquaredError, Spec, Training, metrics
from scenarios.spec.fields import changed, to_json

EXAMPLES = [example for kind in METRICS for example in metric_part(kind).examples()]
MEASURED = changed(NET, {"metrics": (
    metrics.MeanAbsoluteError(), metrics.MeanSquaredError(), metrics.BinaryAccuracy(0.1, "never"),
    metrics.Precision("largest"), metrics.Recall("largest"), metrics.F1Score("micro", "zero"),
    metrics.RootMeanSquaredError(), metrics.CategoricalAccuracy("micro")), "optimizer": SGD(1e-30)})
"""All metrics of ten outputs in a training in which no weight changes; the last of the 19 batches is smaller. None is
constant: the outputs, about 0.1, are never above one half."""
RANKED = changed(BINARY, {"layers": (Dense(1), Activation("sigmoid")), "metrics": (metrics.AUC(50),),
                          "optimizer": SGD(1e-30)})
"""The metric of one output."""
NOT_IN_KERAS = {metrics.F1Score("macro", "left_out"): "F1Score.absent", metrics.AUC("all"): "AUC.thresholds",
                metrics.CategoricalAccuracy("macro"): "CategoricalAccuracy.average"}


@each
def test_metrics_of_the_examples_are_those_computed_by_hand(probe, framework):
    for metric, labels, outputs, value in EXAMPLES:
        labels, outputs = (np.array(rows, np.float32) for rows in (labels, outputs))
        width, name = outputs.shape[1], METRICS[type(metric).__name__]
        data = Data(tuple(range(width)), flatten=True) if width > 1 else Data((0, 1), flatten=True, labels="index")
        spec = Spec(data, (Dense(width),), MeanSquaredError(), SGD(0.1), Training(1, 32), metrics=(metric,))
        weights = {"0.kernel": np.eye(width, dtype=np.float32), "0.bias": np.zeros(width, np.float32)}
        if metric in NOT_IN_KERAS and framework.startswith("keras"):
            with pytest.raises(JobFailed, match=f"does not support {NOT_IN_KERAS[metric]}"):
                probe(framework, spec, weights, outputs, labels)
            continue
        assert probe(framework, spec, weights, outputs, labels)[name] == pytest.approx(value, rel=4 * UNIT), metric


@each
def test_metrics_of_an_epoch_are_those_of_all_samples(train, dataset, framework):
    assert {type(metric).__name__ for metric in (*MEASURED.metrics, *RANKED.metrics)} == set(METRICS)
    for spec in (MEASURED, RANKED):
        trace, config = train(framework, spec), to_json(spec)
        y, outputs = samples.load(str(dataset.folder), "test", config["data"])[1], trace["last/outputs"]
        for measured in config["metrics"]:
            name, metric = METRICS[measured["is"]], metric_part(measured)
            expected = metric.value(measured, y.astype(float).reshape(outputs.shape), outputs.astype(float))
            of_steps = np.array([trace[f"probe/{step}/{name}"] for step in range(5)])
            for part in ("reported/test", "evaluated/test"):
                assert trace[f"{part}/{name}"] == pytest.approx(expected, rel=SUMMED), (part, name)
            assert trace["reported/train/" + name] == pytest.approx(trace["evaluated/train/" + name], rel=SUMMED), name
            assert relative(of_steps, trace["evaluated/train/" + name][0]) > 10 * SUMMED, name
