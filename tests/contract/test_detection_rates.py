"""Random faults are detected above the measured noise and not below it, and random null cases not at all."""

from types import SimpleNamespace

import numpy as np
import pytest
from faulty import first_differing_stage
from measured import keep, kept, needs_mnist
from null_cases import MIXED
from random_cases import PLACES, any_of, random_case
from random_faults import DECADES, random_fault
from scipy.stats import binomtest

from compare.analysis.noise import FACTOR, FALSE_ALARMS
from compare.analysis.stage_comparison import compare_stages
from compare.analysis.stages import DEPENDS_ON
from frameworks.reference import environment

DETECTED, NEAR = "faults seen, by stage and size from", "faults within rounding of the bound"  # keys of the record
COUNT = 1000  # random faults, and as many random null cases


@pytest.fixture(scope="module")
def detection(dataset):
    """The detection of random faults and null cases at random states; every fault is combined with a null case.

    `wrong` lists faults that were detected below the noise, not detected above it, or detected at another stage. Within
    the rounding of the threshold itself, `near`, either is right.
    """
    draw, exceptional = np.random.default_rng(0), dict.fromkeys(("near", "later", "not comparable"), 0)
    detected = {stage: {decade: [0, 0] for decade in DECADES} for stage, _ in PLACES.values()}
    wrong, alarms, largest, count = [], [], 0.0, 0
    while count < COUNT:
        case, null = random_case(draw, dataset), any_of(draw, *MIXED.values())
        stage, fault, effect = random_fault(draw, case)
        faults, dtype = null.get("faults", ()), null.get("dtype", "float32")
        expected, rounded, faulty = case.trace(), case.trace(faults, dtype), case.trace((*faults, fault), dtype)
        if not effect["size"]:
            continue  # nothing was changed
        count += 1
        stages = compare_stages(expected, rounded, case.noises)
        alarms += [(count, case.spec, null, stages)] if first_differing_stage(stages) else []
        largest = max([largest, *(result.size / result.noise for result in stages if result.noise)])
        stages = compare_stages(expected, faulty, case.noises)
        is_detected = {result.name: result.differs is True for result in stages}[stage]
        counts = detected[stage][min(max(int(np.floor(np.log10(effect["size"]))), DECADES[0]), DECADES[-1])]
        counts[0], counts[1] = counts[0] + is_detected, counts[1] + 1
        if abs(effect["noises"] - FACTOR) <= case.apart(stage, expected, rounded):
            exceptional["near"] += 1
        elif any(result.reason for result in stages if result.differs is None and list(DEPENDS_ON).index(result.name) <=
                 list(DEPENDS_ON).index(stage)):
            exceptional["not comparable"] += 1  # rounding could explain an earlier stage
        elif is_detected is not (effect["noises"] > FACTOR) or (is_detected and first_differing_stage(stages) != stage):
            wrong.append((count, stage, effect, case.spec, null, stages))
        exceptional["later"] += not is_detected and first_differing_stage(stages) != ""
    interval = binomtest(len(alarms), COUNT).proportion_ci()
    numbers = {
        DETECTED: {stage: {f"1e{decade}": f"{hits} of {total}" for decade, (hits, total) in by_size.items()}
                   for stage, by_size in detected.items()},
        NEAR: exceptional["near"],
        "faults where rounding could explain an earlier stage": exceptional["not comparable"],
        "faults seen at a later stage only": exceptional["later"], "null cases seen": f"{len(alarms)} of {COUNT}",
        "95 % interval": [round(float(bound), 5) for bound in interval],
        "largest null case, as a multiple of the noise": round(largest, 2), "a stage differs above": FACTOR}
    return SimpleNamespace(detected=detected, wrong=wrong, alarms=alarms, interval=interval, numbers=numbers,
                           not_comparable=exceptional["not comparable"])


def test_random_faults_are_detected_at_their_stage_only_above_the_noise(detection):
    assert detection.wrong == [] and detection.not_comparable < COUNT / 50
    for stage, by_size in detection.detected.items():
        assert sum(total for _, total in by_size.values()) > COUNT / 10, stage
        assert by_size[DECADES[0]][0] == 0 < by_size[DECADES[-1]][0], stage


def test_no_random_null_case_raises_a_false_alarm(detection):
    assert detection.alarms == [] and detection.interval.low == 0 and detection.interval.high < 0.004
    assert (len(detection.alarms), COUNT) == FALSE_ALARMS, "the catalogue reports this false-alarm rate"


@needs_mnist
def test_detection_rates_of_random_faults_are_those_of_the_record(detection, updating):
    """As many faults of every stage and size are seen as the record says, but for as many as lie within rounding."""
    if updating:
        facts = {"environment": environment.environment({"dtype": "float32"})}
        keep("faults", detection.numbers, SimpleNamespace(facts=facts))
    assert_same_rates(kept("faults"), detection.numbers)


def assert_same_rates(expected, actual):
    changes = {}
    expected_sizes, actual_sizes = ({stage: set(sizes) for stage, sizes in rates[DETECTED].items()}
                                    for rates in (expected, actual))
    assert expected_sizes == actual_sizes
    for stage, by_size in expected[DETECTED].items():
        for size, share in by_size.items():
            (hits, total), (hits_now, total_now) = (map(int, text.split(" of ")) for text in (
                share, actual[DETECTED][stage][size]))
            assert total == total_now, (stage, size, share, actual[DETECTED][stage][size])
            changes[stage, size] = hits_now - hits
    near = max(expected[NEAR], actual[NEAR])
    assert sum(map(abs, changes.values())) <= near, {cell: change for cell, change in changes.items() if change}
    assert actual["null cases seen"] == expected["null cases seen"]


def test_other_detection_rates_are_detected():
    cells = {"loss": {"1e-1": "3 of 5", "1e-2": "2 of 5"}, "update": {"1e-1": "4 of 5"}}
    numbers = {DETECTED: cells, NEAR: 1, "null cases seen": "0 of 9"}
    assert_same_rates(numbers, {**numbers, DETECTED: {**cells, "update": {"1e-1": "5 of 5"}}})
    two_cells = {"loss": {"1e-1": "4 of 5", "1e-2": "1 of 5"}, "update": {"1e-1": "4 of 5"}}
    for change in ({DETECTED: two_cells}, {DETECTED: {**cells, "gradient": {"1e-1": "4 of 5"}}},
                   {DETECTED: {**cells, "update": {"1e-1": "4 of 6"}}}, {"null cases seen": "1 of 9"}):
        with pytest.raises(AssertionError):
            assert_same_rates(numbers, {**numbers, **change})
