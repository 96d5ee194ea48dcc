"""How the commands end: told to, cut off from whoever started them, or killed while they write."""

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from stn.cli.main import main
from stn.cli.process import open_streams, told_to_end
from stn.evaluation.accuracy import evaluate_model

POSIX = pytest.mark.skipif(os.name == "nt", reason="signals and descriptors of POSIX")
STN = [sys.executable, "-m", "stn"]


def ended_by(number: int):
    """Stands in for a function in whose middle the process gets a signal."""

    def work(*arguments):
        os.kill(os.getpid(), number)
        time.sleep(5)
        raise AssertionError("nothing came of the signal")

    return work


@POSIX
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_told_to_end_a_run_keeps_its_last_epoch(number, status, monkeypatch, tmp_path, capsys, no_data):
    before, mine = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may have switched it off
    command = ["train", "mnist-tutorial", "--epochs", "2", "--out", str(tmp_path)]
    with pytest.raises(SystemExit) as stopped, monkeypatch.context() as patch:
        tests = iter([evaluate_model, ended_by(number)])  # in the second epoch
        patch.setattr("stn.training.engine.evaluate_model", lambda *arguments: next(tests)(*arguments))
        main(command)
    assert stopped.value.code == status
    assert capsys.readouterr().err.endswith("with --resume continues after the last complete epoch.\n")
    assert signal.getsignal(signal.SIGTERM) == before
    signal.signal(signal.SIGINT, mine)
    main([*command, "--resume"])
    log = (tmp_path / "mnist-tutorial" / "seed-0-epochs-2.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in log] == [1, 2]
    assert "Train Epoch: 1" not in capsys.readouterr().out


@POSIX
def test_of_a_group_only_the_first_saves_when_it_is_told_to_end(monkeypatch):
    for rank, taken in (("0", True), ("1", False)):
        monkeypatch.setenv("RANK", rank)
        with told_to_end():
            assert callable(signal.getsignal(signal.SIGTERM)) == taken


def test_what_was_closed_has_somewhere_to_go(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    open_streams()
    with sys.stdout, sys.stderr:
        print("a", file=sys.stdout, flush=True)
        print("a", file=sys.stderr, flush=True)


@POSIX
@pytest.mark.slow
@pytest.mark.parametrize(("redirected", "status"), [(">&-", 0), ("2>&-", 0), (">/dev/full", 2), ("<&- >&- 2>&-", 0)])
def test_without_somebody_who_listens_there_is_no_traceback(redirected, status):
    if "/dev/full" in redirected and not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    command = f"{sys.executable} -m stn list {redirected}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert done.stderr.count("\n") == bool(status) and "Traceback" not in done.stdout


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="it looks into Linux's list of what is loaded")
@pytest.mark.slow
@pytest.mark.parametrize(
    "command", [[*STN, "evaluate", "mnist-tutorial"], [sys.executable, "app.py"]], ids=["stn", "app"]
)
def test_ctrl_c_while_it_imports_is_the_end_and_no_traceback(command):
    # Whoever runs the tests may have switched Ctrl-C off; a child inherits that.
    attended = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True, preexec_fn=attended) as process:
        while "site-packages" not in Path(f"/proc/{process.pid}/maps").read_text():  # Python itself has just begun
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        try:
            out, error = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode in (-signal.SIGINT, 130)
    assert (out, error) == ("", "")


def test_a_program_that_imports_the_package_keeps_its_own_ctrl_c():
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_DFL
