"""How many workers each framework gets: measured durations, and cores that several workers share."""

import pytest

from compare.execution import duration, schedule

SEEDS = 10
MEASURED = {"keras": [18.0, 18.0] * SEEDS, "lightning": [28.3, 28.3] * SEEDS, "reference": [13.2, 13.2] * SEEDS}
"""Seconds of the two reported trainings of lr_scaling, of tests/records/speed.json."""
IMPORTS = duration.import_seconds(MEASURED)
NONE = dict.fromkeys(MEASURED, 0)


def simulated(jobs, imports, cores, numbers):
    """When the last job ends: workers take jobs in the given order, and all that are at work share the cores."""
    queues = {framework: list(seconds) for framework, seconds in jobs.items()}
    left = {(framework, place): imports[framework] for framework in jobs for place in range(numbers[framework])}
    now = 0.0
    while left:
        rate = min(1.0, cores / len(left))
        step = min(left.values())
        now += step / rate
        left = {worker: seconds - step for worker, seconds in left.items()}
        for worker in [worker for worker, seconds in left.items() if seconds <= 1e-9]:
            queue = queues[worker[0]]
            left.pop(worker)
            if queue:
                left[worker] = queue.pop(0)
    return now


def planned(jobs, cores):
    numbers = schedule.workers(jobs, dict.fromkeys(jobs, 0), duration.import_seconds(jobs), cores, more=2 * cores)
    ordered = {framework: sorted(seconds, reverse=True) for framework, seconds in jobs.items()}
    return numbers, simulated(ordered, duration.import_seconds(jobs), cores, numbers)


@pytest.mark.parametrize("cores", [1, 2, 4, 8])
def test_twice_the_cores_train_ten_starts_in_less_than_six_tenths_of_the_time(cores):
    (_, once), (_, twice) = planned(MEASURED, cores), planned(MEASURED, 2 * cores)
    assert twice <= 0.6 * once


@pytest.mark.parametrize("cores", [1, 2, 3, 4, 8, 16])
def test_cores_are_busy_until_the_end(cores):
    numbers, end = planned(MEASURED, cores)
    work = sum(map(sum, MEASURED.values())) + sum(IMPORTS[name] * number for name, number in numbers.items())
    assert work / (cores * end) > 0.85


def test_one_worker_for_each_framework_would_leave_cores_idle():
    assert simulated(MEASURED, IMPORTS, 4, dict.fromkeys(MEASURED, 1)) > 1.5 * planned(MEASURED, 4)[1]


def test_longest_job_first_ends_earlier():
    jobs = [2.0] * 6 + [12.0]
    ends = [simulated({"keras": order}, {"keras": 0.0}, 2, {"keras": 2}) for order in (jobs, jobs[::-1])]
    assert ends == [18.0, 12.0]


def test_few_short_jobs_are_not_worth_another_import():
    short = {"keras": [3.0] * 4, "lightning": [3.0] * 4, "reference": [2.0] * 4}
    assert schedule.workers(short, NONE, IMPORTS, cores=2, more=100) == dict.fromkeys(short, 1)


def test_memory_bounds_the_workers_and_running_ones_stay():
    assert schedule.workers(MEASURED, NONE, IMPORTS, cores=64, more=0) == dict.fromkeys(MEASURED, 1)
    running = {"keras": 3, "lightning": 1, "reference": 4}
    numbers = schedule.workers(MEASURED, running, IMPORTS, cores=4, more=1)
    assert numbers == {**running, "lightning": 2}


def test_expected_end_is_that_of_the_simulation_where_cores_suffice():
    numbers = {"keras": 2, "lightning": 3, "reference": 1}
    expected = schedule.end(MEASURED, NONE, IMPORTS, 6, numbers)
    assert expected == pytest.approx(simulated(MEASURED, IMPORTS, 6, numbers))
