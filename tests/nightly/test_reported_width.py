"""accuracy_below_chance as reported, 13,000 wide, in the Keras of that time: as many epochs as an hour allows.

`pytest -m nightly -n 0 tests/nightly/test_reported_width.py` records what Keras reported in
tests/records/eras-accuracy_below_chance-width_13000.json.
"""

import pytest
from measured import keep, needs_mnist
from rounding import skip_unless_installed

import scenarios
from compare.execution import data
from compare.execution.trials import Trial, job
from compare.execution.workers import Worker, WorkerDied
from scenarios.spec.fields import changed

HOUR = 3600.0
MAX_EPOCHS = 100_000
"""More epochs than an hour allows: the question had a million."""
REPORTED = range(180, 188)


@needs_mnist
@pytest.mark.nightly
def test_loss_falls_and_reported_accuracy_is_below_one_half(tmp_path):
    skip_unless_installed("keras-2.3")
    variant = scenarios.load("accuracy_below_chance").variant("width_13000")
    spec, reported = changed(variant.spec, {"training.epochs": MAX_EPOCHS}), {}

    def on_event(event):
        if event["event"] == "epoch":
            reported[event["epoch"]] = (event["train_loss"], event["train_accuracy"])
    with Worker("keras-2.3", tmp_path) as worker:
        trial = Trial("hour", "width_13000", "keras-2.3", 0, "shared", spec, True)
        versions = worker.environment["versions"]
        try:
            worker.run(job(trial, data.load("mnist"), tmp_path, ()), on_event, HOUR)
        except WorkerDied as error:
            assert "took longer" in str(error)
    last = max(reported)
    shown = [epoch for epoch in reported if epoch <= 10 or epoch % 20 == 0 or epoch in REPORTED or epoch == last]
    curves = variant.reported["reported/train/loss"], variant.reported["reported/train/accuracy"]
    keep("eras-accuracy_below_chance-width_13000", {
        "command": "pytest -m nightly -n 0 tests/nightly/test_reported_width.py", "versions": versions,
        "epochs in an hour": last, "loss and accuracy that Keras 2.3 reported": {
            str(epoch): [float(f"{number:.4g}") for number in reported[epoch]] for epoch in shown},
        "reported": {str(epoch): [curve[epoch - 1] for curve in curves] for epoch in REPORTED}})
    assert last >= max(REPORTED), "an hour must reach the reported epochs"
    losses, accuracies = zip(*(reported[epoch] for epoch in REPORTED))
    assert max(losses) < 0.05 and max(accuracies) < 0.5
    assert reported[last][0] < reported[REPORTED[0]][0] and max(share for _, share in reported.values()) > 0.95
