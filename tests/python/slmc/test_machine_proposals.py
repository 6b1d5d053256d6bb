"""Proposals by Gibbs steps of a machine: what a step does, threads, files, input."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
import reference
from kadanoff.slmc import RBMProposalSampler

MODEL = kd.Ising(kd.Square((3, 4)), 1.0, 0.1, 0.2)
WEIGHTS = np.random.default_rng(2).normal(scale=0.4, size=(12, 5))
MACHINES = {
    "spins": kd.RBM(WEIGHTS, visible_units="spin", hidden_units="spin"),
    "bits": kd.RBM(WEIGHTS, np.linspace(-0.3, 0.3, 12), [0.1] * 5),
    "mixed": kd.RBM(WEIGHTS, hidden_bias=[0.2] * 5, visible_units="spin"),
}


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("name", MACHINES)
def test_a_proposal_is_gibbs_steps_and_a_decision(name: str, steps: int) -> None:
    """Every decision again, from the formula and the block of the contract."""
    rbm, replicas, seed, beta = MACHINES[name], 40, 2**63 + 5, 0.3
    sampler = RBMProposalSampler(MODEL, rbm, beta, steps, replicas, seed, start="random")
    encode = (lambda s: s) if rbm.visible_units == "spin" else (lambda s: (s + 1) // 2)
    chains = kd.GibbsSampler(rbm, replicas, seed)
    decisions = []
    for sweep in range(6):
        old = sampler.spins.reshape(replicas, 12)
        chains.visible = encode(old)
        chains._core.step = sweep * steps
        chains.run(steps)
        new = np.asarray(chains.visible).astype(np.int8)
        new = new if rbm.visible_units == "spin" else 2 * new - 1
        costs = [
            beta * (MODEL.energy(a.reshape(3, 4)) - MODEL.energy(b.reshape(3, 4)))
            for a, b in zip(new, old, strict=True)
        ]
        free = rbm.free_energy(encode(new)) - rbm.free_energy(encode(old))
        probability = np.exp(np.minimum(free - np.array(costs), 0.0))
        stream = reference.STREAMS["machine_proposal"]
        blocks = [reference.draw(seed, sweep, r, stream, 0, 0, 0) for r in range(replicas)]
        uniform = [(int(b[1]) << 32 | int(b[0])) / 2.0**64 for b in blocks]
        accepted = np.array(uniform) < probability
        sampler.run(1)
        found = sampler.spins.reshape(replicas, 12)
        assert (found == np.where(accepted[:, None], new, old)).all()
        decisions.append(accepted.mean())
    assert 0.0 < np.mean(decisions) < 1.0
    np.testing.assert_allclose(sampler.energy, MODEL.energy(sampler.spins) / 12, atol=1e-12)
    np.testing.assert_allclose(sampler.magnetization, sampler.spins.mean(axis=(1, 2)), atol=1e-15)


def test_threads_pieces_and_files_do_not_matter(tmp_path: Path) -> None:
    def sampler(threads: int) -> RBMProposalSampler:
        betas = np.linspace(0.1, 0.4, 7)
        return RBMProposalSampler(MODEL, MACHINES["mixed"], betas, 2, 7, 3, threads)

    expected = sampler(1).sample(12, every=2)
    for threads in (1, 2):
        parts = sampler(threads)
        first = parts.sample(5, every=2)
        parts.save(tmp_path / "state.h5")
        for later in (
            RBMProposalSampler.load(tmp_path / "state.h5", threads=threads),
            pickle.loads(pickle.dumps(parts)),
            parts,
        ):
            assert later.sweep == 10
            run = kd.Run.concatenate([first, later.sample(7, every=2)])
            assert all((run[name] == expected[name]).all() for name in expected)
            assert repr(later).endswith("beta=0.1 to 0.4, steps=2, replicas=7, seed=3, sweep=24)")
    assert set(expected) == {"energy", "magnetization", "accepted"}
    assert expected.update == "rbm-proposals"


def test_an_interrupt_leaves_whole_proposals(monkeypatch: pytest.MonkeyPatch) -> None:
    sampler, other = (RBMProposalSampler(MODEL, MACHINES["bits"], 0.3, 1, 5, 1) for _ in range(2))
    expected = other.sample(10)
    measure, calls = RBMProposalSampler._energy, []

    def interrupted(self: RBMProposalSampler, up: Any) -> Any:
        calls.append(up)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return measure(self, up)

    monkeypatch.setattr(RBMProposalSampler, "_energy", interrupted)
    with pytest.raises(kd.Interrupted, match="stopped after 3 of 10 draws") as stopped:
        sampler.sample(10)
    assert sampler.sweep == 3
    rest = sampler.sample(7)
    run = kd.Run.concatenate([stopped.value.run, rest])
    assert all((run[name] == expected[name]).all() for name in expected)


def test_assigned_spins_are_those_that_go_on() -> None:
    one, two = (RBMProposalSampler(MODEL, MACHINES["spins"], 0.3, 1, 4, seed=1) for _ in range(2))
    one.run(3)
    two.run(3)
    two.spins = -one.spins
    assert (two.spins == -one.spins).all()
    two.spins = one.spins
    one.run(5)
    two.run(5)
    assert (two.spins == one.spins).all()
    with pytest.raises(ValueError, match="expected shape"):
        two.spins = one.spins[:2]
    assert (two.spins == one.spins).all()


BAD: list[tuple[tuple[Any, ...], type[Exception], str]] = [
    ((kd.Potts(kd.Square(4), 2), MACHINES["bits"], 0.4), TypeError,
     "[RBMProposalSampler] expected a model such as kd.Ising(kd.Square(16)), got "
     "Potts(Square(4), q=2, coupling=1.0)"),
    ((MODEL, WEIGHTS, 0.4), TypeError,
     f"[RBMProposalSampler] expected a machine such as kd.RBM(weights), got {WEIGHTS!r}"),
    ((kd.Ising(kd.Square(4)), MACHINES["bits"], 0.4), ValueError,
     "[RBMProposalSampler] expected a visible unit for each of 16 sites, got "
     "RBM(12 visible, 5 hidden units)"),
    ((MODEL, MACHINES["bits"], 0.4, 0), ValueError,
     "[RBMProposalSampler] expected steps in [1, 1048576], got 0"),
    ((MODEL, MACHINES["bits"], -1.0), ValueError,
     "[Sampler] expected beta in [0, 1e12], got -1"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "kind", "text"), BAD)
def test_bad_input(arguments: tuple[Any, ...], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as error:
        RBMProposalSampler(*arguments)
    assert str(error.value) == text
