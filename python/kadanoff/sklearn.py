"""A scikit-learn estimator in the place of `sklearn.neural_network.BernoulliRBM`.

Importing this file imports scikit-learn, which ``pip install 'kadanoff[sklearn]'`` brings.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.rbm import RBM, GibbsSampler, RBMTrainer
from kadanoff.rbm.machine import MAX_UNITS

try:
    from scipy import sparse
    from scipy.special import expit
    from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.extmath import safe_sparse_dot
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise ImportError(
        "[sklearn] expected scikit-learn 1.6 or later, got none: pip install 'kadanoff[sklearn]'"
    ) from error

if TYPE_CHECKING:
    from typing_extensions import Self

LIKELIHOODS = ("pseudo", "exact", "ais")

_FLOATS = (np.float64, np.float32)
_NAMES = ("components_", "intercept_visible_", "intercept_hidden_")
_SETTINGS = (
    *("method", "k", "batch_size", "chains", "optimizer", "learning_rate"),
    *("weight_decay", "centred", "precision"),
)

Array = npt.NDArray[Any]


class BernoulliRBM(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    r"""Restricted Boltzmann machine of binary units, as a scikit-learn transformer.

    It takes the place of `sklearn.neural_network.BernoulliRBM` in a pipeline or a grid search, with
    the same parameters, methods and attributes; `RBMTrainer` trains it.

    Parameters
    ----------
    n_components : int
        Hidden units.
    learning_rate : float or callable
        As for `RBMTrainer`, and as in scikit-learn with the optimizer "sgd".
    batch_size : int
        Samples in a minibatch.
    n_iter : int
        Epochs of `fit`.
    verbose : int
        Above 0, print the pseudo-likelihood of the data after each epoch.
    random_state : int, RandomState or None
        An int gives the same machine every time, whatever `threads` is.
    method, k, chains, optimizer, weight_decay, centred, precision, threads
        As for `RBMTrainer`.
    likelihood : {"pseudo", "exact", "ais"}
        What `score_samples` returns: the logarithm of the pseudo-likelihood, or that of the
        likelihood, with `RBM.log_partition` by enumeration of a layer of at most 24 units or by
        annealed importance sampling, seeded by `random_state`.

    Attributes
    ----------
    components_ : ndarray, (n_components, n_features)
        Weights, of the dtype of the data, as all of these.
    intercept_hidden_, intercept_visible_ : ndarray, (n_components,) and (n_features,)
        Biases.
    h_samples_ : ndarray, (chains, n_components)
        Hidden units of the persistent chains; without a row where `method` has none.
    n_features_in_ : int
    feature_names_in_ : ndarray of str, (n_features,)
        Where the data had names.
    trainer_ : RBMTrainer
        With the `history` of the training.

    Raises
    ------
    ValueError, TypeError
        From `fit`, if a parameter is wrong.
    DivergenceError
        From `fit`, if the weights grow without bound.

    Notes
    -----
    The data of `fit` and `partial_fit` are values 0 and 1 or probabilities of being 1: a unit is 1
    if a uniform random number is smaller, drawn anew in every epoch. What is below 0 or above 1 is
    therefore 0 or 1. Scikit-learn puts the probabilities themselves into the averages instead. A
    sparse matrix is made dense. `transform` takes values as they are.

    Differences from scikit-learn: there are `chains` persistent chains, not `batch_size`; units are
    centred; visible biases start from the means of the data; minibatches are shuffled;
    `score_samples` is exact for each sample, not an estimate from one unit, and asks for the state
    nearest to the data; `partial_fit` takes as many steps as its data have minibatches.

    Examples
    --------
    >>> import kadanoff as kd
    >>> from kadanoff.sklearn import BernoulliRBM
    >>> data = kd.datasets.bars_and_stripes(3, 3)
    >>> model = BernoulliRBM(n_components=8, n_iter=20, random_state=1).fit(data)
    >>> model.transform(data).shape
    (14, 8)
    >>> model.rbm_
    RBM(9 visible, 8 hidden units)
    """

    def __init__(
        self,
        n_components: int = 256,
        *,
        learning_rate: Any = 0.1,
        batch_size: int = 10,
        n_iter: int = 10,
        verbose: int = 0,
        random_state: Any = None,
        method: str = "pcd",
        k: int = 1,
        chains: int = 100,
        optimizer: Any = "sgd",
        weight_decay: float = 0.0,
        centred: bool = True,
        precision: str = "float32",
        threads: int | None = None,
        likelihood: str = "pseudo",
    ) -> None:
        self.n_components = n_components
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.n_iter = n_iter
        self.verbose = verbose
        self.random_state = random_state
        self.method = method
        self.k = k
        self.chains = chains
        self.optimizer = optimizer
        self.weight_decay = weight_decay
        self.centred = centred
        self.precision = precision
        self.threads = threads
        self.likelihood = likelihood

    @property
    def rbm_(self) -> RBM:
        """The machine of `components_` and both intercepts, in float32."""
        check_is_fitted(self, "components_")
        kept = self.__dict__.get("_machine")
        if kept is None or not _has(self, kept):
            kept = self._machine = from_sklearn(self)
        return kept

    @classmethod
    def from_rbm(cls, rbm: RBM, **parameters: Any) -> Self:
        """Return a fitted estimator that has the weights and biases of a machine.

        Parameters
        ----------
        rbm : RBM
            Of binary units.
        **parameters
            Of the estimator, other than `n_components`.

        Raises
        ------
        ValueError, TypeError
        """
        estimator = cls(rbm.n_hidden, **parameters)
        _fill(estimator, rbm, "from_rbm")
        return estimator

    def fit(self, X: Any, y: Any = None) -> Self:
        """Train a new machine for `n_iter` epochs.

        Parameters
        ----------
        X : array_like or sparse matrix, (n_samples, n_features)
        y : None
            Not used.

        Returns
        -------
        BernoulliRBM
            This one.
        """
        X = validate_data(self, X, accept_sparse="csr", dtype=_FLOATS)
        epochs = arguments.integer("BernoulliRBM", "n_iter", self.n_iter, 0, 2**31)
        rng = check_random_state(self.random_state)
        values = _dense(X)
        self._start(values, self._first_machine(values, rng), rng)
        self._train(values, epochs)
        return self

    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Go on training for one epoch of these data, with the parameters as they are now.

        Parameters
        ----------
        X : array_like or sparse matrix, (n_samples, n_features)
        y : None
            Not used.

        Returns
        -------
        BernoulliRBM
            This one.
        """
        first = not hasattr(self, "components_")
        X = validate_data(self, X, accept_sparse="csr", dtype=_FLOATS, reset=first)
        values = _dense(X)
        if first:
            rng = self._random_state()
            self._start(values, self._first_machine(values, rng), rng)
        elif not self._goes_on():
            chains = getattr(getattr(self, "trainer_", None), "negative_phase", None)
            self._start(values, self.rbm_, self._random_state(), chains)
        self._train(values, 1)
        return self

    def transform(self, X: Any) -> Array:
        """Return the probabilities of hidden units being 1, (n_samples, n_components).

        Parameters
        ----------
        X : array_like or sparse matrix, (n_samples, n_features)
        """
        check_is_fitted(self, "components_")
        X = validate_data(self, X, accept_sparse="csr", reset=False, dtype=_FLOATS)
        field = safe_sparse_dot(X, self.components_.T) + self.intercept_hidden_
        return np.asarray(expit(field, out=field))

    def score_samples(self, X: Any) -> Array:
        """Return the log-likelihood of samples, as `likelihood` says, float64 (n_samples,).

        Parameters
        ----------
        X : array_like or sparse matrix, (n_samples, n_features)
            Visible states; a value above 1/2 counts as 1, others as 0.
        """
        check_is_fitted(self, "components_")
        X = validate_data(self, X, accept_sparse="csr", reset=False, dtype=_FLOATS)
        bits = (_dense(X) > 0.5).view(np.uint8)
        kind = arguments.choice("score_samples", "likelihood", self.likelihood, LIKELIHOODS)
        rbm = self.rbm_
        if kind == "pseudo":
            return rbm.pseudo_likelihood(bits, self.threads)
        seed = _seed(check_random_state(self.random_state)) if kind == "ais" else None
        return rbm.log_likelihood(bits, rbm.log_partition(kind, threads=self.threads, seed=seed))

    def score(self, X: Any, y: Any = None) -> float:
        """Return the mean of `score_samples`, by which a grid search finds the best parameters."""
        return float(self.score_samples(X).mean())

    def gibbs(self, v: Any, k: int = 1) -> npt.NDArray[np.bool_]:
        """Return visible units after `k` Gibbs steps.

        Parameters
        ----------
        v : array_like or sparse matrix, (n_samples, n_features) or (n_features,)
            Visible units, or their probabilities of being 1.
        k : int

        Returns
        -------
        ndarray of bool, of the shape of `v`

        Raises
        ------
        ValueError, TypeError
        """
        check_is_fitted(self, "components_")
        values = arguments.array("gibbs", "v", v.toarray() if sparse.issparse(v) else v)
        if values.shape[-1:] != (self.n_features_in_,) or values.ndim > 2 or values.size == 0:
            expected = f"v of shape (n_samples, {self.n_features_in_}) with at least one sample"
            raise ValueError(f"[gibbs] expected {expected}, got shape {values.shape}")
        if values.dtype.kind not in "biuf":
            raise TypeError(f"[gibbs] expected numbers for v, got dtype {values.dtype}")
        steps = arguments.integer("gibbs", "k", k, 0, 2**31)
        rows = values.reshape(-1, self.n_features_in_)
        if not _is_binary(rows):
            if not ((rows >= 0) & (rows <= 1)).all():
                wrong = rows[~((rows >= 0) & (rows <= 1))][0]
                raise ValueError(f"[gibbs] expected values in [0, 1], got {wrong}")
            rows = self._random_state().uniform(size=rows.shape) < rows
        chains = self._chains(len(rows))
        chains._core.write_visible(np.ascontiguousarray(rows, dtype=np.bool_).view(np.uint8))
        chains.run(steps)
        states: npt.NDArray[np.bool_] = chains.visible.view(np.bool_)
        return states.reshape(values.shape)

    def _chains(self, count: int) -> GibbsSampler:
        """Return chains of the machine as it is, the same ones as long as they fit."""
        rbm, wanted = self.rbm_, (count, self.precision, self.threads)
        kept: GibbsSampler | None = self.__dict__.get("_sampler")
        if kept is None or (kept.chains, kept.precision, kept.threads) != wanted:
            kept = None
        if kept is None or kept.rbm.layers != rbm.layers:
            seed = _seed(self._random_state())
            self._sampler = GibbsSampler(
                rbm, count, seed, threads=self.threads, precision=self.precision
            )
        elif kept.rbm is not rbm:
            kept.rbm = rbm
        return self._sampler

    def _random_state(self) -> Any:
        """Return the generator that lives as long as the estimator."""
        if not hasattr(self, "random_state_"):
            self.random_state_ = check_random_state(self.random_state)
        return self.random_state_

    def _first_machine(self, values: Array, rng: Any) -> RBM:
        hidden = arguments.integer("BernoulliRBM", "n_components", self.n_components, 1, MAX_UNITS)
        weights = RBM.random(values.shape[1], hidden, seed=_seed(rng)).weights
        share = (np.clip(values, 0, 1).sum(axis=0, dtype=np.float64) + 1) / (len(values) + 2)
        return RBM(weights, np.log(share / (1 - share)))

    def _start(self, values: Array, rbm: RBM, rng: Any, chains: Any = None) -> None:
        """Make a trainer, which goes on with older chains where they fit."""
        fits = isinstance(chains, GibbsSampler) and chains.rbm.layers == rbm.layers
        fits = fits and (self.method, self.chains) == ("pcd", chains.chains)
        self.trainer_ = RBMTrainer(
            rbm,
            **self._settings(),
            seed=_seed(rng),
            threads=self.threads,
            negative_phase=chains if fits else None,
        )
        self._trainer_settings = self._settings()
        self._dtype = values.dtype
        self._take_parameters()

    def _settings(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _SETTINGS}

    def _goes_on(self) -> bool:
        """Whether the trainer has the parameters of now, and its machine is still ours."""
        trainer: RBMTrainer | None = getattr(self, "trainer_", None)
        if trainer is None or self._trainer_settings != self._settings():
            return False
        return trainer.rbm == self.rbm_

    def _train(self, values: Array, epochs: int) -> None:
        binary = _is_binary(values)
        data = values.astype(np.uint8) if binary else np.clip(values, 0, 1)
        report = _Report(self, data) if self.verbose else None
        self.trainer_.fit(data, epochs, probabilities=not binary, callback=report)
        self._take_parameters()

    def _take_parameters(self) -> None:
        _fill(self, self.trainer_.rbm, "fit", self._dtype)
        chains = self.trainer_.negative_phase
        hidden = np.empty((0, self._n_features_out)) if chains is None else chains.hidden
        self.h_samples_ = hidden.astype(self._dtype)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


class _Report:
    """Prints a line after each epoch, as scikit-learn does."""

    def __init__(self, estimator: BernoulliRBM, data: Array) -> None:
        self._name = type(estimator).__name__
        self._bits = (data > 0.5).view(np.uint8)
        self._begin = time.perf_counter()
        self._done = estimator.trainer_.epoch

    def __call__(self, trainer: RBMTrainer) -> None:
        likelihood = trainer.rbm.pseudo_likelihood(self._bits).mean()
        now = time.perf_counter()
        print(
            f"[{self._name}] Iteration {trainer.epoch - self._done}, "
            f"pseudo-likelihood = {likelihood:.2f}, time = {now - self._begin:.2f}s"
        )
        self._begin = now


def from_sklearn(estimator: Any) -> RBM:
    """Return the machine of a fitted estimator, this file's or scikit-learn's own.

    Parameters
    ----------
    estimator : BernoulliRBM
        Or anything with `components_`, `intercept_visible_` and `intercept_hidden_`.

    Raises
    ------
    TypeError
        If it has not all of them.
    ValueError
        If their shapes do not agree or a number is not finite.

    Examples
    --------
    >>> import kadanoff as kd
    >>> from kadanoff.sklearn import from_sklearn, to_sklearn
    >>> rbm = kd.RBM([[1.0, -1.0], [0.5, 2.0]])
    >>> from_sklearn(to_sklearn(rbm)) == rbm
    True
    """
    if not all(hasattr(estimator, name) for name in _NAMES):
        expected = "a fitted BernoulliRBM"
        raise TypeError(f"[from_sklearn] expected {expected}, got {estimator!r}")
    weights, visible, hidden = (getattr(estimator, name) for name in _NAMES)
    return RBM(np.transpose(weights), visible, hidden)


def to_sklearn(rbm: RBM) -> Any:
    """Return scikit-learn's own estimator, fitted, with the weights and biases of a machine.

    Parameters
    ----------
    rbm : RBM
        Of binary units.

    Returns
    -------
    sklearn.neural_network.BernoulliRBM
        With attributes in float64.

    Raises
    ------
    ValueError
        If the units are not binary.
    TypeError
    """
    from sklearn.neural_network import BernoulliRBM

    if not isinstance(rbm, RBM):
        raise TypeError(f"[to_sklearn] expected a machine such as kd.RBM(weights), got {rbm!r}")
    estimator = BernoulliRBM(n_components=rbm.n_hidden)
    _fill(estimator, rbm, "to_sklearn")
    return estimator


def _fill(estimator: Any, rbm: RBM, call: str, dtype: npt.DTypeLike = np.float64) -> None:
    if (rbm.visible_units, rbm.hidden_units) != ("binary", "binary"):
        raise ValueError(f"[{call}] expected a machine of binary units, got {rbm!r}")
    estimator.components_ = rbm.weights.T.astype(dtype, order="F")
    estimator.intercept_visible_ = rbm.visible_bias.astype(dtype)
    estimator.intercept_hidden_ = rbm.hidden_bias.astype(dtype)
    estimator.n_features_in_ = rbm.n_visible
    estimator._n_features_out = rbm.n_hidden


def _has(estimator: Any, rbm: RBM) -> bool:
    """Whether the arrays of an estimator are those of a machine."""
    arrays = rbm.weights.T, rbm.visible_bias, rbm.hidden_bias
    pairs = zip(_NAMES, arrays, strict=True)
    return all(np.array_equal(getattr(estimator, name), array) for name, array in pairs)


def _dense(values: Any) -> Array:
    return np.asarray(values.toarray() if sparse.issparse(values) else values)


def _is_binary(values: Array) -> bool:
    return values.dtype == np.bool_ or bool(((values == 0) | (values == 1)).all())


def _seed(rng: Any) -> int:
    return int(rng.randint(0, 2**63 - 1, dtype=np.int64))
