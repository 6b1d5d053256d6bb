"""Trainers: what they learn from, record, and how they stop."""

from __future__ import annotations

import math
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
from kadanoff.rbm import schedules
from kadanoff.rbm.gibbs import Moments
from trainings import machine, same, samples, trainer

METHODS = ("pcd", "cd", "pt", "trajectory", "exact")
INF, NAN = math.inf, math.nan
methods = pytest.mark.parametrize("method", METHODS)


@methods
@pytest.mark.parametrize("units", [("binary", "binary"), ("spin", "binary"), ("spin", "spin")])
def test_training_raises_the_likelihood(method: str, units: tuple[str, str]) -> None:
    data = samples(200, 6, units[0])
    found = trainer(method, rbm=machine(6, 4, units), learning_rate=0.05).fit(data, 20)
    assert found.rbm.log_likelihood(data).mean() > -6 * math.log(2) + 0.4


@methods
def test_threads_do_not_matter(method: str) -> None:
    one, other = (trainer(method, threads=threads).fit(samples(), 3) for threads in (1, 3))
    assert same(one, other)


def test_blas_threads_do_not_matter() -> None:
    """Machines large enough that BLAS would split sums, in processes of their own."""
    code = (
        "import numpy as np, kadanoff as kd\n"
        "data = np.random.default_rng(1).random((64, 300)) < 0.3\n"
        "t = kd.RBMTrainer(kd.RBM.random(300, 200, data, seed=1), batch_size=64, seed=1,\n"
        "                  chains=64, l1=1e-3, weight_decay=1e-3, clip=1.0)\n"
        "t.fit(data, 2)\n"
        "print(t.rbm.weights.tobytes().hex()[:4000], t.rbm.visible_bias.tobytes().hex())\n"
    )
    texts = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "2")
    ]
    assert texts[0] == texts[1]


@methods
def test_seeds_matter(method: str) -> None:
    one, other = (trainer(method, seed=seed).fit(samples(), 1).rbm for seed in (1, 2))
    assert one != other


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.astype(bool),
        lambda data: data.astype(np.float16),
        lambda data: data.astype(">i4"),
        lambda data: np.asfortranarray(data.astype(np.float64)),
        lambda data: np.repeat(data, 2, axis=0)[::2],
        lambda data: np.hstack([data, data])[:, :6],
        lambda data: data.tolist(),
        lambda data: kd.datasets.Dataset(data, np.zeros(len(data), np.int64), (2, 3)),
    ],
)
def test_any_array_of_the_values_will_do(change: Callable[[np.ndarray], Any]) -> None:
    plain = trainer().fit(samples(), 2)
    assert same(plain, trainer().fit(change(samples()), 2))


@pytest.mark.parametrize(
    ("count", "given", "size"),
    [(7, None, 7), (70, None, 10), (2000, None, 20), (60_000, None, 100), (70, 16, 16), (7, 16, 7)],
)
def test_batch_sizes(count: int, given: int | None, size: int) -> None:
    assert trainer(batch_size=given).settings.batch_size_for(count) == size


def test_data_are_not_changed() -> None:
    data = samples()
    kept = data.copy()
    data.flags.writeable = False
    trainer().fit(data, 1)
    assert (data == kept).all()


@methods
@pytest.mark.parametrize(("count", "batch"), [(1, 16), (1, 1), (17, 16), (5, 1000), (33, 7)])
def test_any_number_of_samples(method: str, count: int, batch: int) -> None:
    found = trainer(method, batch_size=batch).fit(samples(count), 2)
    assert found.epoch == 2
    assert np.isfinite(found.rbm.weights).all()


@methods
def test_one_unit_of_each_kind(method: str) -> None:
    found = trainer(method, rbm=kd.RBM([[0.1]])).fit([[1], [1], [1], [0]], 200)
    assert kd.rbm.model_moments(found.rbm).visible == pytest.approx(0.75, abs=0.1)


def test_every_sample_counts_once_in_an_epoch() -> None:
    """Batches of one size, and a last one of another: positive phases add up to the data."""
    seen = []

    class Spy(kd.GibbsSampler):
        def moments(self, where: Any = None) -> Moments:
            found = super().moments(where)
            count = self.chains if where is None else int(np.sum(where))
            seen.append(count * found.visible)
            return found

    data = samples(23)
    kd.rbm.training.negative_phase.DataChains.__init__.__globals__["GibbsSampler"] = Spy
    try:
        trainer("exact", batch_size=5).fit(data, 1)
    finally:
        kd.rbm.training.negative_phase.DataChains.__init__.__globals__["GibbsSampler"] = (
            kd.GibbsSampler
        )
    assert len(seen) == 5
    np.testing.assert_allclose(np.sum(seen, axis=0), data.sum(axis=0), atol=1e-9)


def test_epochs_have_orders_of_their_own() -> None:
    from kadanoff.rbm.training.data import TrainingData

    found = TrainingData("fit", "data", machine(), np.eye(6))

    def order(seed: int, epoch: int) -> list[int]:
        batches = found.batches(seed, epoch, 4)
        return [int(row.argmax()) for bits, count in batches for row in bits[:count]]

    orders = [order(1, 0), order(1, 1), order(2, 0)]
    assert all(sorted(each) == list(range(6)) for each in orders)
    assert len({tuple(each) for each in orders}) == 3
    assert order(1, 1) == orders[1]


@pytest.mark.parametrize("units", ["binary", "spin"])
def test_probabilities_are_drawn_anew_in_each_epoch(units: str) -> None:
    from kadanoff.rbm.training.data import TrainingData

    share = np.tile([0.0, 0.25, 0.5, 0.75, 0.9, 1.0], (4000, 1))
    rbm = machine(6, 2, (units, "binary"))
    found = TrainingData("fit", "data", rbm, share, True)
    draws = []
    for epoch in (0, 1, 0):
        found.draw(3, epoch)
        draws.append(found.bits.copy())
    assert (draws[0] == draws[2]).all()
    assert 0.2 < (draws[0] != draws[1]).mean() < 0.3
    # |z| < 4: sees a share that is 0.032 off, and one that is not drawn at all.
    sigma = np.sqrt(share[0] * (1.0 - share[0]) / 4000)
    assert (np.abs(draws[1].mean(axis=0) - share[0]) <= 4.0 * sigma).all()
    whole = trainer(rbm=rbm).fit(
        share > 0.5 if units == "binary" else np.where(share > 0.5, 1, -1), 1
    )
    assert same(whole, trainer(rbm=rbm).fit(share > 0.5, 1, probabilities=True))


def test_history() -> None:
    found = trainer("pt", learning_rate=schedules.Step(0.02, 0.5, 2), keep_every=2)
    assert all(len(found.history[name]) == 0 for name in found.history)
    found.fit(samples(), 5, validation=samples(20, seed=8), score_every=2)
    history = found.history
    assert history["epoch"].tolist() == [1, 2, 3, 4, 5]
    assert np.isfinite(history["score"]).tolist() == [False, True, False, True, False]
    np.testing.assert_allclose(history["learning_rate"], [0.02, 0.02, 0.01, 0.01, 0.005])
    spectrum = np.linalg.svd(found.rbm.weights.astype(float), compute_uv=False)
    np.testing.assert_allclose(history["singular_values"][-1], spectrum)
    assert history["singular_values"].shape == (5, 4)
    norm = np.linalg.norm(found.rbm.weights)
    assert history["weight_norm"][-1] == pytest.approx(norm, rel=1e-6)
    assert history["largest_weight"][-1] == np.abs(found.rbm.weights).max()
    assert ((history["acceptance"] > 0.5) & (history["acceptance"] <= 1.0)).all()
    assert ((history["reconstruction_error"] > 0) & (history["reconstruction_error"] < 0.3)).all()
    assert (history["seconds"] > 0).all()
    assert (history["gradient_norm"] > 0).all()
    assert [kept.epoch for kept in found.checkpoints] == [0, 2, 4]
    assert found.checkpoints[0].rbm == machine()
    score = found.checkpoints[2].rbm.log_likelihood(samples(20, seed=8)).mean()
    assert history["score"][3] == score
    with pytest.raises(ValueError, match="read-only"):
        history["score"][0] = 1.0
    with pytest.raises(KeyError):
        history["likelihood"]


def test_acceptance_is_that_of_swaps_alone() -> None:
    assert np.isnan(trainer("pcd").fit(samples(), 2).history["acceptance"]).all()


@pytest.mark.parametrize(("hidden", "name"), [(4, "exact"), (17, "ais")])
def test_scores(hidden: int, name: str) -> None:
    held_out = samples(20, 18, seed=8)
    rbm = machine(18, hidden)

    def score(how: str) -> float:
        found = trainer("cd", rbm=rbm).fit(samples(70, 18), 1, validation=held_out, score=how)
        end = {"exact": found.rbm.log_likelihood, "pseudo": found.rbm.pseudo_likelihood}
        for known, values in end.items():
            if how == known:
                assert found.history["score"][0] == values(held_out).mean()
        return float(found.history["score"][0])

    assert score("auto") == score(name)
    # The weights are small: the estimate is far better than this.
    assert score("ais") == pytest.approx(score("exact"), abs=0.05)
    assert score("pseudo") != score("exact")


def test_early_stopping_keeps_the_best_machine() -> None:
    scores = iter([1.0, 3.0, 2.0, 2.5, 9.0])
    machines = []

    def score(rbm: kd.RBM, data: np.ndarray) -> float:
        assert data.shape == (20, 6)
        machines.append(rbm)
        return next(scores)

    held_out = samples(20, seed=8)
    found = trainer().fit(samples(), 50, validation=held_out, score=score, patience=2)
    assert found.epoch == 4
    assert found.best_epoch == 2
    assert found.best == machines[1] != found.rbm == machines[3]
    found.fit(samples(), 50, validation=held_out, score=lambda rbm, data: 9.0, patience=1)
    assert found.epoch == 6
    assert found.best_epoch == 5


def test_patience_looks_at_scores_alone() -> None:
    scores = iter([1.0, 2.0, 3.0, 2.5, 9.0])
    options = {"validation": samples(), "score": lambda rbm, data: next(scores)}
    found = trainer().fit(samples(), 50, **options, score_every=4, patience=3)
    assert (found.best_epoch, found.epoch) == (12, 16)


def test_the_best_machine_without_scores_is_the_last() -> None:
    found = trainer().fit(samples(), 3)
    assert found.best is found.rbm
    assert found.best_epoch == 3


def test_a_score_has_to_be_a_number() -> None:
    found = trainer().fit(samples(), 1)
    with pytest.raises(ValueError, match=re.escape("[fit] expected a finite score, got nan")):
        found.fit(samples(), 5, validation=samples(), score=lambda rbm, data: NAN)
    assert found.epoch == 1


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("rate", [1e4, 1e30, 1e38])
def test_divergence_leaves_the_last_good_machine(
    tmp_path: Path, optimizer: str, rate: float
) -> None:
    path = tmp_path / "trainer.h5"
    found = trainer(optimizer=optimizer, learning_rate=lambda epoch: 0.01 if epoch < 2 else rate)
    with pytest.raises(
        kd.DivergenceError,
        match=r"^\[fit\] expected weights of at most 1000 in size, got \S+ in epoch 3, ",
    ):
        found.fit(samples(), 9, checkpoint=path)
    assert found.epoch == 2
    good = trainer(optimizer=optimizer, learning_rate=0.01).fit(samples(), 2)
    assert found.rbm == good.rbm
    assert kd.RBMTrainer.load(path, learning_rate=0.01).rbm == good.rbm
    assert issubclass(kd.DivergenceError, (kd.Error, ArithmeticError))
    # It can go on from there.
    found = kd.RBMTrainer.load(path, learning_rate=0.01, threads=1)
    assert same(found.fit(samples(), 2), good.fit(samples(), 2))


class Chains:
    """A negative phase of one's own, of the machine's exact averages, with faults if asked for."""

    def __init__(self, rbm: kd.RBM, fail_at: int = -1, runs: int = 0) -> None:
        self.rbm = rbm
        self.acceptance = [0.25, 0.75]
        self._fail_at, self._runs = fail_at, runs

    def run(self, steps: int) -> None:
        self._runs += steps

    def moments(self) -> Moments:
        found = kd.rbm.model_moments(self.rbm)
        return found if self._runs != self._fail_at else Moments(*(NAN * part for part in found))

    def state(self) -> dict[str, Any]:
        return {"rbm": self.rbm.to_state(), "fail_at": self._fail_at, "runs": self._runs}

    @classmethod
    def from_state(cls, entries: Any, device: str = "cpu", threads: int | None = None) -> Chains:
        rbm = kd.RBM.from_state(entries.group("rbm"))
        return cls(rbm, entries.integer("fail_at"), entries.integer("runs"))


def test_chains_of_ones_own(tmp_path: Path) -> None:
    own = trainer(negative_phase=Chains(machine())).fit(samples(), 2)
    exact = trainer("exact").fit(samples(), 2)
    assert own.rbm == exact.rbm
    assert own.history["acceptance"].tolist() == [0.5, 0.5]
    assert own.negative_phase.rbm == own.rbm
    own.save(tmp_path / "own.h5")
    with pytest.raises(ValueError, match=r"expected the class of chains of your own as negative"):
        kd.RBMTrainer.load(tmp_path / "own.h5")
    loaded = kd.RBMTrainer.load(tmp_path / "own.h5", threads=1, negative_phase=Chains)
    assert loaded.fit(samples(), 2).rbm == exact.fit(samples(), 2).rbm


def test_nan_from_the_negative_phase() -> None:
    found = trainer(negative_phase=Chains(machine(), fail_at=8))
    with pytest.raises(kd.DivergenceError, match=r"got nan in epoch 2, after 8 steps in all"):
        found.fit(samples(), 5)
    assert found.epoch == 1
    assert np.isfinite(found.rbm.weights).all()


def test_a_temperings_chains_train_as_the_methods_do() -> None:
    seed = kd.rbm.training.keyed.derived_seed(11, kd.rbm.training.keyed.Use.MODEL_CHAINS)
    chains = kd.RBMTempering(machine(), np.linspace(0, 1, 4), 20, seed)
    own = trainer(negative_phase=chains).fit(samples(), 2)
    named = trainer("pt", betas=np.linspace(0, 1, 4)).fit(samples(), 2)
    assert own.rbm == named.rbm
    assert isinstance(named.negative_phase, kd.RBMTempering)
    assert named.negative_phase.betas.tolist() == np.linspace(0, 1, 4).tolist()
    assert chains.step == 0


def test_trajectories_grow_where_swaps_become_rare() -> None:
    data = np.repeat([[1] * 16, [0] * 16], 100, axis=0)
    rbm = kd.RBM.random(16, 4, data, seed=1)
    found = trainer("trajectory", rbm=rbm, batch_size=10, chains=50, seed=1)
    found.fit(data, 15)
    chains = found.negative_phase
    assert isinstance(chains, kd.TrajectoryTempering)
    assert 3 < len(chains.machines) < 30
    assert chains.rbm == found.rbm
    assert not chains.machines[0].weights.any()
    # Both patterns are kept, of equal weight, where plain chains cannot cross between them.
    up = (chains.visible.mean(axis=1) > 0.5).mean()
    assert abs(up - 0.5) <= 4.0 * math.sqrt(0.25 / 50)


@methods
def test_interruption_leaves_the_last_whole_epoch(method: str) -> None:
    found = trainer(method)

    def stop(now: kd.RBMTrainer) -> None:
        if now.epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(kd.Interrupted, match=r"^\[fit\] stopped after 2 of 7 epochs$"):
        found.fit(samples(), 7, callback=stop)
    assert same(found.fit(samples(), 5), trainer(method).fit(samples(), 7))


def test_ctrl_c_within_an_epoch() -> None:
    found = trainer(k=200, chains=500, batch_size=1)
    signalling = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))

    def start(now: kd.RBMTrainer) -> None:
        if now.epoch == 1:
            signalling.start()

    with pytest.raises(kd.Interrupted):
        found.fit(samples(70), 10_000, callback=start)
    done = found.epoch
    assert done >= 1
    assert same(found, trainer(k=200, chains=500, batch_size=1).fit(samples(70), done))


def test_a_callback_that_returns_true_stops() -> None:
    seen = []

    def callback(now: kd.RBMTrainer) -> bool:
        seen.append(now.epoch)
        return now.epoch == 3

    assert trainer().fit(samples(), 9, callback=callback).epoch == 3
    assert seen == [1, 2, 3]


def test_an_exception_of_a_callback_goes_through() -> None:
    found = trainer()
    with pytest.raises(ZeroDivisionError):
        found.fit(samples(), 9, callback=lambda now: 1 // 0)
    assert found.epoch == 1


def test_progress_is_shown_on_standard_error_if_asked_for(
    capfd: pytest.CaptureFixture[str],
) -> None:
    trainer().fit(samples(), 2)
    assert capfd.readouterr() == ("", "")
    code = (
        "from trainings import samples, trainer\n"
        "trainer('pt').fit(samples(), 2, validation=samples(), progress=True)\n"
    )
    terminal = {"FORCE_COLOR": "1", "COLUMNS": "200", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **terminal},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", done.stderr)
    for part in ("training", "50%", "score -", "reconstruction error 0.", "acceptance 0."):
        assert part in text


def test_random_machines() -> None:
    data = samples(50)
    rbm = kd.RBM.random(6, 300, data, seed=3, scale=0.5)
    assert rbm == kd.RBM.random(6, 300, data, seed=3, scale=0.5)
    assert rbm != kd.RBM.random(6, 300, data, seed=4, scale=0.5)
    # 1800 weights: |z| < 4 sees a scale that is 7 % off.
    assert abs(rbm.weights.std() / 0.5 - 1.0) < 4.0 / math.sqrt(2 * 1800)
    assert abs(rbm.weights.mean()) < 4.0 * 0.5 / math.sqrt(1800)
    odds = (data.sum(axis=0) + 1.0) / (51.0 - data.sum(axis=0))
    np.testing.assert_allclose(rbm.visible_bias, np.log(odds), rtol=1e-6)
    assert not rbm.hidden_bias.any()
    spins = kd.RBM.random(6, 2, samples(50, units="spin"), 3, 0.01, "spin", "spin")
    np.testing.assert_allclose(np.tanh(spins.visible_bias), (odds - 1) / (odds + 1), rtol=1e-5)
    assert not kd.RBM.random(3, 2, scale=0.0).weights.any()


def clamped() -> kd.GibbsSampler:
    chains = kd.GibbsSampler(machine(), 4)
    chains.clamp(np.ones(6, dtype=bool))
    return chains


OPTIONS: list[tuple[dict[str, Any], type[Exception], str]] = [
    (
        {"method": "cd1"},
        ValueError,
        "expected method to be one of 'pcd', 'cd', 'pt', 'trajectory', 'exact', got 'cd1'",
    ),
    ({"k": 0}, ValueError, "expected k in [1, 2147483648], got 0"),
    ({"k": 1.0}, TypeError, "expected an integer k, got 1.0"),
    ({"batch_size": 0}, ValueError, "expected batch_size in [1, 2147483648], got 0"),
    ({"chains": 0}, ValueError, "expected chains in [1, 2147483648], got 0"),
    ({"betas": [0, 1]}, ValueError, "expected betas with method 'pt', got 'pcd'"),
    ({"optimizer": "lbfgs"}, ValueError, "expected optimizer to be one of 'sgd', 'adam', got"),
    ({"optimizer": 3}, TypeError, "expected optimizer as a name, kd.rbm.SGD() or kd.rbm.Adam()"),
    ({"learning_rate": -1}, ValueError, "expected learning_rate of 0 or more, got -1.0"),
    ({"learning_rate": NAN}, ValueError, "expected a finite learning_rate, got nan"),
    ({"learning_rate": "x"}, TypeError, "expected a real number for learning_rate, got 'x'"),
    ({"weight_decay": -0.5}, ValueError, "expected weight_decay of 0 or more, got -0.5"),
    ({"l1": INF}, ValueError, "expected a finite l1, got inf"),
    ({"clip": 0}, ValueError, "expected clip above 0, got 0.0"),
    ({"centred": 1}, TypeError, "expected centred as True or False, got 1"),
    ({"offset_rate": 1.5}, ValueError, "expected offset_rate in [0, 1], got 1.5"),
    ({"weight_limit": 0}, ValueError, "expected weight_limit above 0, got 0.0"),
    ({"keep_every": 0}, ValueError, "expected keep_every in [1, 2147483648], got 0"),
    ({"seed": -1}, ValueError, "expected seed in [0, 18446744073709551615], got -1"),
    ({"threads": 0}, ValueError, "expected threads in [1, 4096], got 0"),
    ({"device": "tpu"}, ValueError, "expected device to be one of 'cpu', 'cuda', got 'tpu'"),
    ({"precision": "float16"}, ValueError, "expected precision to be one of 'float32', 'fixed16'"),
    ({"negative_phase": 3}, TypeError, "expected a negative_phase such as kd.GibbsSampler(rbm)"),
    (
        {"negative_phase": Chains(kd.RBM([[1.0]]))},
        ValueError,
        "expected a negative_phase of a machine like RBM(6 visible, 4 hidden units), got RBM(1",
    ),
    ({"method": "pt", "betas": [0, 0.5]}, ValueError, "expected betas up to beta = 1, got 0.5"),
    ({"method": "pt", "betas": [2, 1, 0]}, ValueError, "expected betas up to beta = 1, got 2"),
    (
        {"negative_phase": kd.GibbsSampler(machine(), 4, beta=[1, 1, 0.5, 1])},
        ValueError,
        "expected a negative_phase at beta = 1, got 0.5",
    ),
    (
        {"negative_phase": clamped()},
        ValueError,
        "expected a negative_phase without clamped units, got some",
    ),
]


@pytest.mark.parametrize(("options", "error", "text"), OPTIONS)
def test_wrong_options(options: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match="^" + re.escape("[RBMTrainer] " + text)):
        kd.RBMTrainer(machine(), **options)


def test_wrong_machines() -> None:
    with pytest.raises(TypeError, match=r"\[RBMTrainer\] expected a machine such as kd.RBM\(w"):
        kd.RBMTrainer([[1.0]])  # type: ignore[arg-type]
    large = kd.RBM(np.zeros((30, 21)))
    with pytest.raises(ValueError, match=r"\[RBMTrainer\] expected a layer of at most 20 units, g"):
        kd.RBMTrainer(large, "exact")


FITS: list[tuple[Any, dict[str, Any], type[Exception], str]] = [
    (np.full((4, 6), 0.5), {}, ValueError, "values 0 and 1 for data, got 0.5"),
    (np.full((4, 6), -1), {}, ValueError, "values 0 and 1 for data, got -1"),
    (np.full((4, 6), 255, np.uint8), {}, ValueError, "values 0 and 1 for data, got 255"),
    (np.full((4, 6), NAN), {}, ValueError, "values 0 and 1 for data, got nan"),
    (np.zeros((4, 5)), {}, ValueError, "data of shape (samples, 6) with at least one sample, got"),
    (np.zeros(6), {}, ValueError, "data of shape (samples, 6) with at least one sample, got shape"),
    (np.zeros((0, 6)), {}, ValueError, "data of shape (samples, 6) with at least one sample, got"),
    (np.zeros((2, 6), complex), {}, TypeError, "numbers for data, got dtype complex128"),
    ([["a"] * 6], {}, TypeError, "numbers for data, got dtype <U1"),
    ([[0] * 6, [0]], {}, TypeError, "data as a regular array, got a ragged one"),
    (None, {}, TypeError, "numbers for data, got dtype object"),
    (
        np.full((4, 6), 1.5),
        {"probabilities": True},
        ValueError,
        "probabilities in [0, 1] for data, got 1.5",
    ),
    (
        np.full((4, 6), NAN),
        {"probabilities": True},
        ValueError,
        "probabilities in [0, 1] for data, got nan",
    ),
    (samples(), {"epochs": -1}, ValueError, "epochs in [0, 2147483648], got -1"),
    (samples(), {"epochs": 1.0}, TypeError, "an integer epochs, got 1.0"),
    (
        samples(),
        {"validation": np.full((4, 6), 7)},
        ValueError,
        "values 0 and 1 for validation, got 7",
    ),
    (samples(), {"patience": 2}, ValueError, "validation data for patience, got None"),
    (
        samples(),
        {"patience": 0, "validation": samples()},
        ValueError,
        "patience in [1, 2147483648], got 0",
    ),
    (samples(), {"score": "best"}, ValueError, "score to be one of 'auto', "),
    (samples(), {"score": None}, TypeError, "score as a name or a callable, got None"),
    (samples(), {"score_every": 0}, ValueError, "score_every in [1, 2147483648], got 0"),
    (samples(), {"checkpoint_every": 0}, ValueError, "checkpoint_every in [1, 2147483648], got 0"),
    (samples(), {"callback": 1}, TypeError, "a callable callback, got 1"),
]


@pytest.mark.parametrize(("data", "options", "error", "text"), FITS)
def test_wrong_fits_change_nothing(
    data: Any, options: dict[str, Any], error: type[Exception], text: str
) -> None:
    found = trainer()
    with pytest.raises(error, match="^" + re.escape("[fit] expected " + text)):
        found.fit(data, **{"epochs": 1, **options})
    assert same(found, trainer())


def test_wrong_rates_of_a_callable() -> None:
    found = trainer(learning_rate=lambda epoch: 0.01 - epoch)
    with pytest.raises(
        ValueError, match=r"^\[fit\] expected learning_rate of 0 or more, got -0.19"
    ):
        found.fit(samples(), 1)
    assert found.epoch == 0


def test_settings_stay_as_they_are() -> None:
    found = trainer()
    with pytest.raises(AttributeError, match=r"\[RBMTrainer\] expected threads to stay as it is"):
        found.threads = 2
    with pytest.raises(AttributeError):
        found.rbm = machine()  # type: ignore[misc]


def test_no_epochs_change_nothing() -> None:
    assert same(trainer().fit(samples(), 0), trainer())


RANDOM: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"n_visible": 0}, ValueError, "expected n_visible in [1, 1048576], got 0"),
    ({"n_hidden": 2.5}, TypeError, "expected an integer n_hidden, got 2.5"),
    ({"scale": -1}, ValueError, "expected scale of 0 or more, got -1.0"),
    ({"seed": 2**64}, ValueError, "expected seed in [0, 18446744073709551615], got 184467440737"),
    ({"data": [[0, 1]]}, ValueError, "expected data of shape (samples, 3) with at least one"),
    ({"data": [[0, 1, 2]]}, ValueError, "expected values 0 and 1 for data, got 2"),
]


@pytest.mark.parametrize(("options", "error", "text"), RANDOM)
def test_wrong_random_machines(options: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match="^" + re.escape("[random] " + text)):
        kd.RBM.random(**{"n_visible": 3, "n_hidden": 2, **options})
