"""A run that is finished or was interrupted: it is shown again, continued, never overwritten, and browsed."""

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess

import pytest
from processes import children_of, command, compare, is_running, variables, wait_for
from short_runs import LONG, SHORT, SOON

from compare.reporting.tensorboard import loopback


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """(a folder in which a run with a store was done twice, what both printed)."""
    place = tmp_path_factory.mktemp("finished")
    return place, [compare(place, *SHORT, f"out=run-{n}", KERAS_OR_ME_STORE=str(place / "store")) for n in (1, 2)]


@pytest.mark.contract
def test_same_command_shows_the_same_facts_without_training(finished):
    place, ((first, out, _), (second, again, error)) = finished
    assert first == second == 0 and again.startswith("This command was run before, on ") and not error.count("trained:")
    records = [json.loads((place / run / "result.json").read_text()) for run in ("run-1", "run-2")]
    assert records[0] == records[1]
    answer = out[out.index(records[0]["summary"]["verdict"]):out.index("\nrun folder: ")]
    assert answer in again and again.endswith("\nrun folder: run-2\npython -m compare browse out=run-2\n")
    files = [{str(path.relative_to(place / run)): path.read_bytes() for path in (place / run).rglob("*")
              if path.is_file() and path.name not in ("run.json",) and path.suffix in (".md", ".html", ".json")}
             for run in ("run-1", "run-2")]
    assert files[0] == files[1] and len(files[0]) == 3
    traces = [sorted(path.name for path in (place / run / "traces").glob("*.*.*.npz")) for run in ("run-1", "run-2")]
    assert traces[0] == traces[1] == ["none_3.reference.0.npz"]
    assert list((place / "run-2" / "tensorboard").rglob("events.out*"))


@pytest.mark.contract
def test_trained_anew_on_request_and_after_a_change_of_the_command(finished):
    place, _ = finished
    store = {"KERAS_OR_ME_STORE": str(place / "store")}
    code, out, _ = compare(place, *SHORT, "reuse=false", "out=anew", **store)
    assert code == 0 and "was run before" not in out and not (place / "anew" / "store").exists()
    code, out, _ = compare(place, *SHORT, "seeds=2", "out=seeds", **store)
    assert code == 0 and "was run before" not in out and "are taken from the store" in out, "one seed is known"


@pytest.mark.contract
def test_finished_run_is_not_overwritten(finished):
    place, _ = finished
    code, out, error = compare(place, *SHORT, "out=run-1")
    assert (code, out) == (2, "") and "holds a run already (python -m compare show prints its answer again)" in error


@pytest.mark.contract
def test_interrupted_run_goes_on(mine, tmp_path):
    place = {"KERAS_OR_ME_STORE": str(tmp_path / "store")}
    with subprocess.Popen(command(*LONG, "out=run"), cwd=tmp_path, env=variables(tmp_path, **place), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        wait_for(lambda: list(tmp_path.glob("store/trials/*/*.json")), SOON)
        program.kill()
        program.communicate()
    kept = len(list(tmp_path.glob("store/trials/*/*.json")))
    code, out, error = compare(tmp_path, *LONG, "seeds=2", "out=run", **place)
    assert (code, out) == (2, "") and "holds an interrupted run of another command, python -m compare " in error
    code, out, error = compare(tmp_path, *LONG, "out=run", **place)
    assert code == 0 and "compare: the run that was interrupted here goes on; what it has trained is not" in error
    assert int(out.split(" of its trainings and replays")[0].rsplit(" ", 1)[1]) >= kept > 0


def status_of(port, host):
    """The status with which a server answers a request to a host of this name."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=SOON)) as connection:
        connection.request("GET", "/", headers={"Host": host})
        return connection.getresponse().status


@pytest.mark.contract
@pytest.mark.parametrize("victim, code", [("data server", 4), ("browse", -9)])
def test_killed_server_of_tensorboard_leaves_nothing_behind(finished, victim, code):
    pytest.importorskip("tensorboard_data_server")
    place, _ = finished
    with subprocess.Popen(command("browse", "out=run-1"), cwd=place, env=variables(place), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert "in TensorBoard" in program.stdout.readline()
        port = int(re.search(r"http://127\.0\.0\.1:(\d+)/", program.stdout.readline())[1])
        assert [status_of(port, host) for host in ("localhost", "evil.example")] == [200, 403]
        children = children_of(program.pid)
        os.kill(children[0] if victim == "data server" else program.pid, signal.SIGKILL)
        _, error = program.communicate(timeout=SOON)
    assert program.returncode == code and "Traceback" not in error
    assert ("compare: TensorBoard's data server has ended, so that no curves can be shown" in error) == (code == 4)
    wait_for(lambda: not any(map(is_running, children)), SOON)


@pytest.mark.parametrize("host, allowed", [
    ("localhost:6006", True), ("127.0.0.1", True), ("[::1]:6006", True), ("LOCALHOST", True), ("evil.example", False),
    ("127.0.0.1.evil.example:6006", False), ("localhost.evil.example", False), ("", False), ("[::1].evil", False)])
def test_only_requests_to_this_machine_are_answered(host, allowed):
    answered = []
    application = loopback.only(lambda environ, start: [b"curves"])
    body = b"".join(application({"HTTP_HOST": host}, lambda status, headers: answered.append(status)))
    assert (body == b"curves") == allowed and answered == ([] if allowed else ["403 Forbidden"])
