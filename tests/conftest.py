"""Settings shared by all Python tests."""

from __future__ import annotations

import os
import signal

from hypothesis import HealthCheck, settings

# PyTorch's threads wait busily for each other: 40 times as long, on a busy machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Shells ignore it in what they run in the background; tests of Ctrl-C would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples on every run: a failure seen once can be seen again. No deadline, since
# machines are shared.
settings.register_profile(
    "kadanoff",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("kadanoff")
