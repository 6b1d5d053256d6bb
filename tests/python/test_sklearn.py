"""The scikit-learn estimator: its contract, its likelihoods, training, and wrong calls."""

from __future__ import annotations

import itertools
import pickle
import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import sparse

import kadanoff as kd

pytest.importorskip("sklearn", "1.6")

from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import BernoulliRBM as Peer
from sklearn.pipeline import Pipeline
from sklearn.utils.estimator_checks import check_estimator

from kadanoff.sklearn import BernoulliRBM, from_sklearn, to_sklearn

RNG = np.random.default_rng(1)
MACHINE = kd.RBM(RNG.normal(size=(6, 4)), RNG.normal(size=6), RNG.normal(size=4))
STATES = np.array(list(itertools.product((0, 1), repeat=6)))
PATTERNS = kd.datasets.bars_and_stripes(3, 3)
NAMES = ("components_", "intercept_visible_", "intercept_hidden_", "h_samples_")


def fitted(X: Any = PATTERNS, **parameters: Any) -> BernoulliRBM:
    given = {"n_components": 8, "n_iter": 5, "random_state": 1, "threads": 1, **parameters}
    return BernoulliRBM(**given).fit(X)


def same(one: Any, other: Any) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in NAMES)


def passed_checks(estimator: Any) -> set[str]:
    results = check_estimator(estimator, on_fail=None, on_skip=None)
    return {result["check_name"] for result in results if result["status"] == "passed"}


def test_it_passes_every_check_that_scikit_learns_own_passes() -> None:
    ours, theirs = passed_checks(BernoulliRBM(threads=1)), passed_checks(Peer())
    assert len(theirs) > 30
    # What theirs does not pass: likelihoods that depend on the other samples.
    assert ours - theirs == {
        "check_methods_sample_order_invariance",
        "check_methods_subset_invariance",
    }
    assert theirs <= ours


def test_it_takes_the_parameters_of_scikit_learns_own() -> None:
    theirs = Peer().get_params()
    ours = BernoulliRBM().get_params()
    assert {name: ours[name] for name in theirs} == theirs
    copy = clone(BernoulliRBM(3, method="cd", k=2, threads=1))
    assert (copy.n_components, copy.method, copy.k) == (3, "cd", 2)


def test_transform_and_conversions_agree_with_scikit_learns_own() -> None:
    theirs = to_sklearn(MACHINE)
    ours = BernoulliRBM.from_rbm(MACHINE)
    assert type(theirs) is Peer
    for values in (STATES, RNG.normal(size=(5, 6)), RNG.random((5, 6)).astype(np.float32)):
        expected = theirs.transform(values)
        found = ours.transform(values)
        assert found.dtype == expected.dtype
        assert np.allclose(found, expected, rtol=1e-6, atol=0)
        assert np.allclose(ours.transform(sparse.csr_array(values)), expected, rtol=1e-6, atol=0)
    for estimator in (theirs, ours):
        assert from_sklearn(estimator) == MACHINE
        assert estimator.get_feature_names_out()[-1] == "bernoullirbm3"
    assert ours.rbm_ == MACHINE
    trained = Peer(4, random_state=1).fit(STATES)
    assert np.allclose(from_sklearn(trained).weights, trained.components_.T)
    assert theirs.partial_fit(STATES) is None
    assert theirs.gibbs(STATES).shape == STATES.shape


def test_the_attributes_of_a_fitted_estimator() -> None:
    for dtype in (np.float32, np.float64):
        model = fitted(PATTERNS.astype(dtype), chains=7)
        assert [getattr(model, name).shape for name in NAMES] == [(8, 9), (9,), (8,), (7, 8)]
        assert {getattr(model, name).dtype for name in NAMES} == {np.dtype(dtype)}
        assert set(np.unique(model.h_samples_)) == {0, 1}
        assert model.n_features_in_ == 9
        assert model.trainer_.epoch == 5
        assert model.rbm_ == model.trainer_.rbm
        assert model.transform(PATTERNS.astype(dtype)).dtype == dtype
    assert fitted(method="cd").h_samples_.shape == (0, 8)
    assert fitted(n_iter=0).trainer_.epoch == 0


def test_a_machine_depends_on_the_seed_alone() -> None:
    model = fitted(threads=1)
    assert same(model, fitted(threads=2))
    assert same(model, clone(model).fit(PATTERNS))
    assert same(model, clone(model).fit(PATTERNS).fit(PATTERNS))
    assert same(model, fitted(sparse.csr_matrix(PATTERNS)))
    assert same(model, fitted(random_state=np.random.RandomState(1)))
    assert not same(model, fitted(random_state=2))
    assert (model.gibbs(PATTERNS) == fitted().gibbs(PATTERNS)).all()


@pytest.mark.parametrize("method", ["pcd", "cd", "exact"])
def test_a_pickled_estimator_goes_on_the_same(method: str) -> None:
    model = fitted(method=method)
    other = pickle.loads(pickle.dumps(model))
    assert same(model, other)
    assert (model.transform(PATTERNS) == other.transform(PATTERNS)).all()
    for _ in range(2):
        model.partial_fit(PATTERNS)
        other.partial_fit(PATTERNS)
    assert same(model, other)
    assert (model.gibbs(PATTERNS) == other.gibbs(PATTERNS)).all()


def test_partial_fit_goes_on() -> None:
    whole = fitted(n_iter=3)
    parts = BernoulliRBM(8, random_state=1, threads=1)
    for _ in range(3):
        assert parts.partial_fit(PATTERNS) is parts
    assert same(whole, parts)
    # New parameters hold at once; machine and chains stay.
    parts.set_params(learning_rate=1e-30).partial_fit(PATTERNS)
    assert np.allclose(parts.components_, whole.components_, rtol=0, atol=1e-7)
    assert parts.trainer_.epoch == 1
    # So do weights that were put in.
    parts.components_ = np.zeros((8, 9))
    parts.partial_fit(PATTERNS)
    assert np.abs(parts.components_).max() < 1e-7
    loaded = BernoulliRBM.from_rbm(MACHINE, learning_rate=1e-30, random_state=1)
    loaded.partial_fit(STATES)
    assert np.allclose(loaded.components_, MACHINE.weights.T, rtol=0, atol=1e-6)


def test_probabilities_are_drawn_anew_in_every_epoch() -> None:
    # Visible biases learn the means; 0.05 off would be seen in 4000 samples.
    means = np.array([0.1, 0.5, 0.9, 0.0, 1.0])
    X = np.tile(means, (500, 1))
    model = fitted(X, n_components=1, n_iter=60, batch_size=50, learning_rate=0.1, method="exact")
    states = np.array(list(itertools.product((0, 1), repeat=5)))
    weight = np.exp(-model.rbm_.free_energy(states))
    assert np.abs(weight @ states / weight.sum() - means).max() < 0.05
    # What is below 0 or above 1 is 0 or 1, whatever the rest is.
    beyond = np.where(X == 1, 7.0, np.where(X == 0, -3.0, X))
    again = fitted(
        beyond, n_components=1, n_iter=60, batch_size=50, learning_rate=0.1, method="exact"
    )
    assert same(model, again)


def test_gibbs_steps_have_the_exact_distribution() -> None:
    model = BernoulliRBM.from_rbm(MACHINE, random_state=1, threads=1)
    v = np.zeros((20_000, 6))
    for _ in range(5):
        v = model.gibbs(v, k=4)
    assert v.dtype == np.bool_
    weight = np.exp(-MACHINE.free_energy(STATES))
    expected = 20_000 * weight / weight.sum()
    counts = np.bincount(v @ (1 << np.arange(6)[::-1]), minlength=64)
    chi_square = ((counts - expected) ** 2 / expected).sum()
    assert abs(chi_square - 63) < 4 * (2 * 63) ** 0.5


def test_gibbs_starts_from_what_it_is_given() -> None:
    model = BernoulliRBM.from_rbm(kd.RBM(np.diag([1e3] * 4), [-500.0] * 4, [-500.0] * 4))
    states = np.array(list(itertools.product((0, 1), repeat=4)))
    for given in (states, states.astype(bool), states.astype(float)[::-1], states.tolist()):
        assert (model.gibbs(given) == np.asarray(given)).all()
    assert (model.gibbs(sparse.csr_matrix(states)) == states).all()
    assert model.gibbs(states[5]).tolist() == [False, True, False, True]
    share = model.gibbs(np.tile([0.0, 0.25, 0.75, 1.0], (4000, 1))).mean(axis=0)
    assert np.abs(share - [0, 0.25, 0.75, 1]).max() < 4 * (0.1875 / 4000) ** 0.5
    # Weights that were put in count at once, also in place.
    model.intercept_visible_[:] = 500.0
    model.intercept_visible_[0] = -5000.0
    assert (model.gibbs(states) == [False, True, True, True]).all()


def test_likelihoods_are_those_of_plain_sums() -> None:
    weight = np.exp(-MACHINE.free_energy(STATES))
    model = BernoulliRBM.from_rbm(MACHINE, random_state=1)
    pseudo = np.zeros(64)
    for unit in range(6):
        flipped = STATES.copy()
        flipped[:, unit] ^= 1
        pseudo += np.log(weight / (weight + np.exp(-MACHINE.free_energy(flipped))))
    assert np.allclose(model.score_samples(STATES), pseudo, rtol=0, atol=1e-9)
    assert np.allclose(model.score_samples(0.2 + 0.5 * STATES), pseudo, rtol=0, atol=1e-9)
    exact = np.log(weight / weight.sum())
    model.set_params(likelihood="exact")
    assert np.allclose(model.score_samples(STATES), exact, rtol=0, atol=1e-9)
    assert model.score(STATES[:5]) == pytest.approx(exact[:5].mean())
    model.set_params(likelihood="ais")
    estimates = model.score_samples(STATES)
    error = MACHINE.log_partition("ais", seed=1).standard_error
    assert 0 < np.abs(estimates - exact).max() < 5 * error
    assert (estimates == model.score_samples(STATES)).all()


def test_data_sets_are_arrays_to_it() -> None:
    data = kd.datasets.ising(kd.Square(4), [1.8, 3.0], 50)
    spins = kd.datasets.IsingDataset(data.bits, data.labels, data.sample_shape, data.temperatures)
    model = fitted(spins)
    assert same(model, fitted(data.bits))
    assert (model.transform(spins) == model.transform(data.bits)).all()
    assert model.score(spins) == model.score(data.bits)
    assert (model.gibbs(spins) | True).shape == (100, 16)


def test_verbose_prints_a_line_for_each_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    model = fitted(verbose=1, n_iter=2)
    lines = capsys.readouterr().out.splitlines()
    pattern = (
        r"\[BernoulliRBM\] Iteration (\d), pseudo-likelihood = (-\d+\.\d\d), time = \d+\.\d\ds"
    )
    matches = [re.fullmatch(pattern, line) for line in lines]
    assert [match[1] for match in matches if match] == ["1", "2"]
    assert float(matches[1][2]) == pytest.approx(model.score(PATTERNS), abs=0.006)


def test_it_is_as_good_as_scikit_learns_own_before_a_classifier() -> None:
    train, test = kd.datasets.digits(threshold=None).split(0.3, seed=1)
    accuracies, likelihoods = [], []
    for rbm in (BernoulliRBM(threads=1), Peer()):
        rbm.set_params(n_components=64, learning_rate=0.1, n_iter=8, random_state=1)
        model = Pipeline([("rbm", rbm), ("logistic", LogisticRegression(C=10.0, max_iter=500))])
        model.fit(train.data, train.labels)
        accuracies.append(model.score(test.data, test.labels))
        scored = BernoulliRBM.from_rbm(from_sklearn(rbm), threads=1)
        likelihoods.append(scored.score(test.data))
    # Measured with three seeds: 0.95 to 0.96 and 0.89 to 0.91, likelihoods -18 and -21.
    assert accuracies[0] > max(0.93, accuracies[1])
    assert likelihoods[0] > likelihoods[1]


def test_a_grid_search_finds_the_better_rate() -> None:
    rbm = BernoulliRBM(8, n_iter=20, random_state=1, threads=1, likelihood="exact")
    data = np.tile(PATTERNS, (10, 1))
    grid = GridSearchCV(rbm, {"learning_rate": [1e-6, 0.1]}, cv=2).fit(data)
    assert grid.best_params_ == {"learning_rate": 0.1}


def test_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "kadanoff.sklearn")
    monkeypatch.setitem(sys.modules, "sklearn.base", None)
    text = "[sklearn] expected scikit-learn 1.6 or later, got none: pip install 'kadanoff[sklearn]'"
    with pytest.raises(ImportError, match=re.escape(text)):
        import kadanoff.sklearn  # noqa: F401


SPIN = kd.RBM([[1.0]], visible_units="spin")
SHAPE = "[gibbs] expected v of shape (n_samples, 6) with at least one sample, got shape "
CALLS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (
        lambda: fitted(n_components=0),
        ValueError,
        "[BernoulliRBM] expected n_components in [1, 1048576], got 0",
    ),
    (
        lambda: fitted(n_components=2.0),
        TypeError,
        "[BernoulliRBM] expected an integer n_components, got 2.0",
    ),
    (
        lambda: fitted(n_iter=-1),
        ValueError,
        "[BernoulliRBM] expected n_iter in [0, 2147483648], got -1",
    ),
    (
        lambda: fitted(batch_size=0),
        ValueError,
        "[RBMTrainer] expected batch_size in [1, 2147483648], got 0",
    ),
    (
        lambda: fitted(likelihood="exactly").score_samples(PATTERNS),
        ValueError,
        "[score_samples] expected likelihood to be one of 'pseudo', 'exact', 'ais', got 'exactly'",
    ),
    (lambda: BernoulliRBM.from_rbm(MACHINE).gibbs(np.zeros((2, 5))), ValueError, SHAPE + "(2, 5)"),
    (lambda: BernoulliRBM.from_rbm(MACHINE).gibbs(1), ValueError, SHAPE + "()"),
    (lambda: BernoulliRBM.from_rbm(MACHINE).gibbs(STATES[:0]), ValueError, SHAPE + "(0, 6)"),
    (
        lambda: BernoulliRBM.from_rbm(MACHINE).gibbs(STATES - 0.5),
        ValueError,
        "[gibbs] expected values in [0, 1], got -0.5",
    ),
    (
        lambda: BernoulliRBM.from_rbm(MACHINE).gibbs(STATES * np.nan),
        ValueError,
        "[gibbs] expected values in [0, 1], got nan",
    ),
    (
        lambda: BernoulliRBM.from_rbm(MACHINE).gibbs(np.full((2, 6), "1")),
        TypeError,
        "[gibbs] expected numbers for v, got dtype <U1",
    ),
    (
        lambda: BernoulliRBM.from_rbm(MACHINE).gibbs(STATES, k=1.5),
        TypeError,
        "[gibbs] expected an integer k, got 1.5",
    ),
    (
        lambda: BernoulliRBM.from_rbm(SPIN),
        ValueError,
        "[from_rbm] expected a machine of binary units, got RBM(1 visible +-1, 1 hidden units)",
    ),
    (
        lambda: to_sklearn(SPIN),
        ValueError,
        "[to_sklearn] expected a machine of binary units, got RBM(1 visible +-1, 1 hidden units)",
    ),
    (
        lambda: to_sklearn("rbm"),
        TypeError,
        "[to_sklearn] expected a machine such as kd.RBM(weights), got 'rbm'",
    ),
    (
        lambda: from_sklearn(Peer()),
        TypeError,
        "[from_sklearn] expected a fitted BernoulliRBM, got BernoulliRBM()",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), CALLS)
def test_wrong_calls(call: Callable[[], Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == text
