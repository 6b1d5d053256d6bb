"""Killed, stopped and resumed runs of ``kadanoff ising`` end as runs that were left alone do."""

from __future__ import annotations

import functools
import random
import resource
import shlex
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import kadanoff as kd
from kadanoff.scan import Scan

TEMPERATURES = [2.0, 2.269, 2.6]
SIZE, REPLICAS, KILLS = 128, 2, 5
SECONDS = 1.5


@functools.cache
def options():
    """Return the options of a run of one or two seconds on this machine.

    A draw takes longer than the 0.1 s after which a checkpoint may come, so that some come between
    two draws.
    """
    betas = 1.0 / np.repeat(TEMPERATURES, REPLICAS)
    model = kd.Ising(kd.Square(SIZE))
    sampler = kd.Sampler(model, betas, replicas=len(betas), seed=1, threads=1)
    begin = time.process_time()
    sampler.run(200)
    per_sweep = (time.process_time() - begin) / 200
    every = max(1, round(0.15 / per_sweep))
    return shlex.split(
        f"--size {SIZE} --temperatures {','.join(map(str, TEMPERATURES))} --replicas {REPLICAS} "
        f"--sweeps {every * round(SECONDS / 0.15)} --every {every} --thermalise {2 * every} "
        "--seed 11 --threads 1 --quiet"
    )


def command(*more):
    return [sys.executable, "-m", "kadanoff", "ising", *options(), *map(str, more)]


def start(*more):
    # A shell that starts the tests in the background makes them, and their children, ignore SIGINT.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            command(*more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    finally:
        signal.signal(signal.SIGINT, before)


def complete(*more):
    done = subprocess.run(command(*more), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def wait_for_new_content(process, path):
    """Wait until the process has replaced the file, or has ended."""
    before = path.stat().st_ino if path.exists() else None
    while process.poll() is None:
        if path.exists() and path.stat().st_ino != before:
            return
        time.sleep(0.002)


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """Return the file of a run that nothing disturbed."""
    path = tmp_path_factory.mktemp("straight") / "run.h5"
    complete("--out", path)
    return path.read_bytes()


def test_sigkill_at_random_moments(tmp_path, straight):
    out, checkpoint = tmp_path / "run.h5", tmp_path / "scan.h5"
    more = ("--out", out, "--checkpoint", checkpoint, "--checkpoint-every", 0, "--resume")
    delays = random.Random(3)
    sweeps = [0]
    killed = 0
    for _ in range(KILLS):
        process = start(*more)
        wait_for_new_content(process, checkpoint)
        time.sleep(delays.uniform(0.0, 0.15))
        process.kill()
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
        sweeps.append(Scan.load(checkpoint).sweep)
    assert killed >= 2
    assert sweeps == sorted(sweeps)
    complete(*more)
    assert out.read_bytes() == straight
    assert checkpoint.read_bytes() == straight
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.h5", "scan.h5"]


def test_sigkill_before_the_first_checkpoint(tmp_path, straight):
    out = tmp_path / "run.h5"
    process = start("--out", out)
    time.sleep(0.5)
    process.kill()
    process.communicate()
    complete("--out", out, "--resume")
    assert out.read_bytes() == straight


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_a_stopped_run_says_how_to_go_on(tmp_path, straight, number):
    out = tmp_path / "run.h5"
    process = start("--out", out, "--checkpoint-every", 0)
    wait_for_new_content(process, out)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    scan = Scan.load(out)
    assert not scan.done
    assert f"stopped at sweep {scan.sweep} of {scan.total_sweeps}" in errors
    assert "Traceback" not in errors
    prefix = "go on with: kadanoff "
    (line,) = [line for line in errors.splitlines() if line.startswith(prefix)]
    words = shlex.split(line.removeprefix(prefix))
    subprocess.run([sys.executable, "-m", "kadanoff", *words, "--quiet"], check=True, timeout=300)
    assert out.read_bytes() == straight


def test_a_full_disk_stops_the_run_and_keeps_the_old_checkpoint(tmp_path, straight):
    out = tmp_path / "run.h5"
    process = start("--out", out, "--checkpoint-every", 0)
    wait_for_new_content(process, out)
    process.kill()
    process.communicate()
    before = out.read_bytes()

    # A limit on the size of files is what an unprivileged test can have of a full disk.
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))

    done = subprocess.run(
        command("--out", out, "--checkpoint-every", 0, "--resume"),
        capture_output=True,
        text=True,
        timeout=300,
        preexec_fn=limit,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Error: [save] expected to write the whole file, got: ")
    assert done.stderr.count("\n") == 1
    assert out.read_bytes() == before
    complete("--out", out, "--resume")
    assert out.read_bytes() == straight
