"""Settings shared by all Python tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# The same examples on every run: a failure seen once can be seen again. No deadline, since
# machines are shared.
settings.register_profile(
    "kadanoff",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("kadanoff")
