"""What files and pickles of all samplers have in common."""

from __future__ import annotations

import pickle
import re
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
from kadanoff import saved
from kadanoff.slmc import RBMProposalSampler, SelfLearningSampler

MODEL = kd.Ising(kd.Square(4), plaquette=0.1)
MACHINE = kd.RBM(np.full((16, 3), 0.1))
SAMPLERS: dict[str, Any] = {
    "sampler": kd.Sampler(MODEL, 0.3, replicas=2, seed=1),
    "self learning sampler": SelfLearningSampler(MODEL, 1.1, 0.3, replicas=2, seed=1),
    "rbm proposal sampler": RBMProposalSampler(MODEL, MACHINE, 0.3, replicas=2, seed=1),
    "gibbs sampler": kd.GibbsSampler(MACHINE, 2, seed=1),
    "tempering": kd.ParallelTempering(kd.Ising(kd.Square(4)), [0.2, 0.3], seed=1),
}


class Watched(kd.Sampler):
    """A class of somebody's own."""


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_pickle_of_other_random_numbers_is_refused(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sampler = SAMPLERS[name]
    pickled = pickle.dumps(sampler)
    assert repr(pickle.loads(pickled)) == repr(sampler)
    contract = kd.rng_version
    monkeypatch.setattr(saved._core, "rng_version", contract + 1)
    text = f"random-number contract {contract + 1} as '{{}}/rng_version', got {contract}: a pickled"
    entry = "/walkers" if name == "tempering" else ""
    with pytest.raises(kd.FileError, match=re.escape(f"{text.format(entry)} {name}")):
        pickle.loads(pickled)


def test_a_pickled_sampler_keeps_its_class() -> None:
    copy = pickle.loads(pickle.dumps(Watched(MODEL, 0.3, seed=1, threads=1)))
    assert type(copy) is Watched
    assert copy.threads == 1


@pytest.mark.parametrize(
    ("wrong", "raised"), [(ValueError("off"), kd.FileError), (TypeError("off"), TypeError)]
)
def test_errors_about_values_are_those_of_a_file(wrong: Exception, raised: type[Exception]) -> None:
    with pytest.raises(raised, match=r"off$"), saved.restoring("sampler"):
        raise wrong
    with (
        pytest.raises(kd.FileError, match=r"^\[load\] expected the state of a trainer, got: off$"),
        saved.restoring("trainer", TypeError),
    ):
        raise wrong
    with pytest.raises(kd.FileError, match=r"^damaged$"), saved.restoring("sampler"):
        raise kd.FileError("damaged")
