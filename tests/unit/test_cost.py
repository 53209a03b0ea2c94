"""What a run cost: the trainings that one scenario of several took from the store."""

from compare.analysis.comparison import train
from compare.execution.worker_pool import ignore


class Pool:
    """A pool that took trainings of an earlier scenario from the store, and takes two of this one."""

    ready, reused = 0.0, 5

    def work(self, jobs, limit, on_event=ignore, finished=ignore):
        self.reused += 2


def test_trainings_of_earlier_scenarios_do_not_count(tmp_path):
    from made_results import make_scenario
    assert train(Pool(), make_scenario(), [], None, tmp_path, 1.0)[1].reused == 2
