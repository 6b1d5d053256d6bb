"""`RBMTrainer`: learns a machine from data."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.datasets import Dataset
from kadanoff.draws import MAX_SWEEP
from kadanoff.errors import Interrupted
from kadanoff.fixed import FixedAttributes
from kadanoff.saved import check_contract, restoring, versions

from ..gibbs import DEVICES
from ..machine import RBM
from . import gradients, schedules
from .fitting import Epochs, FitOptions
from .history import History
from .negative_phase import CLASSES, NegativePhase, checked_chains, first_chains
from .optimizers import Optimizer
from .progress import Show, epochs_bar
from .schedules import Schedule
from .scoring import Score
from .settings import Settings
from .state import Checkpoint, TrainingState

_KIND = "rbm_trainer"
_VERSION = 1
_NONE, _FOREIGN = "none", "foreign"

Callback = Callable[["RBMTrainer"], object]


class RBMTrainer(FixedAttributes):
    r"""Maximum-likelihood training of a restricted Boltzmann machine.

    Parameters
    ----------
    rbm : RBM
        Where to start; `RBM.random` makes a good one. It is not changed.
    method : {"pcd", "cd", "pt", "trajectory", "exact"}
        Where the machine's own averages come from: persistent chains, chains that start from each
        minibatch, persistent chains that exchange temperatures (`RBMTempering`) or states with
        chains of earlier machines of the training (`TrajectoryTempering`), or the enumeration of a
        layer of at most 20 units.
    k : int
        Gibbs steps for each minibatch.
    batch_size : int, optional
        Samples in a minibatch; the last one of an epoch may have fewer. By default a hundredth of
        all, but 10 to 100.
    chains : int, optional
        Persistent chains of the machine; by default 1000 for "pcd", and 100 for "pt" and
        "trajectory", which have as many again for each other temperature or machine.
    betas : array_like of float, optional
        Inverse temperatures of "pt", the largest of which is 1; by default 10, evenly spaced from
        0 to 1.
    optimizer : {"sgd", "adam"}, `kadanoff.rbm.SGD` or `kadanoff.rbm.Adam`
    learning_rate : float or callable, optional
        A rate, or a function of the epochs done (a float, which grows within an epoch too) that
        returns one, such as those of `kadanoff.rbm.schedules`. By default 0.05 with SGD and 0.002
        with Adam; for each layer of spins half of that.
    weight_decay, l1 : float
        Rates of decay of the weights, in proportion to them (L2) and by a constant amount (L1): in
        a step the weights lose `learning_rate` times that, and L1 stops at zero.
    clip : float, optional
        The longest gradient, all parameters together; longer ones are made this long.
    centred : bool
        Learn with centred units, see below.
    offset_rate : float
        How fast the offsets follow the means of the minibatches, in [0, 1].
    weight_limit : float
        A larger weight than this stops the training.
    keep_every : int, optional
        Keep the machine of every so many epochs, and the first one, in `checkpoints`.
    seed : int, optional
        0 <= seed < 2^64. Without it, one is drawn from the operating system; read it from `seed`.
    device, threads, precision
        As for `GibbsSampler`; "fixed16" rounds what the chains sample, not what is learnt.
    negative_phase : NegativePhase, optional
        Chains of your own in place of those of `method`, which then does not count: anything that
        has the interface of `kadanoff.rbm.NegativePhase`, of a machine of the same layers.

    Raises
    ------
    ValueError
        If a value is out of its range.
    TypeError
        If an argument has the wrong type.
    RuntimeError
        If the device is not available.

    Notes
    -----
    The gradient of the log-likelihood is the difference of averages over the data and over the
    machine's states, see `kadanoff.rbm.log_likelihood_gradient`. CD-k takes the latter from k steps
    from the data (G. E. Hinton, Neural Computation 14 (2002) 1771), PCD from chains that go on
    from one minibatch to the next (T. Tieleman, ICML 2008).

    Centring is that of J. Melchior, A. Fischer and L. Wiskott, JMLR 17 (2016) 1, their dd with
    sliding averages: v and h are replaced by their distances from offsets, the means of the data,

    .. math::
        \nabla W = \langle (v - \mu)(h - \lambda)^T \rangle_\text{data}
            - \langle (v - \mu)(h - \lambda)^T \rangle_\text{model}, \qquad
        \Delta a = \Delta a' - \Delta W \lambda, \qquad \Delta b = \Delta b' - \Delta W^T \mu,

    with steps :math:`\Delta a', \Delta b'` of the biases of centred units. Then learning does not
    depend on which value of a unit is called 0.

    A rate that stays makes a good machine soon, one that falls to zero in the end a better one:
    persistent chains lag behind a machine that moves.

    A training is a pure function of (machine, settings, seed, data): it does not depend on
    `threads`, and ten epochs are the same as five, `save`, `load` and five. What happens within an
    epoch counts when the epoch is done: whatever stops one leaves the trainer as it was before.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> data = np.repeat([[1, 1, 0, 0], [0, 0, 1, 1]], 50, axis=0)
    >>> rbm = kd.RBM.random(4, 2, data, seed=1)
    >>> trainer = kd.RBMTrainer(rbm, learning_rate=0.1, seed=1).fit(data, epochs=50)
    >>> trainer.epoch, trainer.rbm
    (50, RBM(4 visible, 2 hidden units))
    >>> chains = kd.GibbsSampler(trainer.rbm, chains=1000, seed=2)
    >>> chains.run(100)
    >>> same = (chains.visible == data[0]).all(axis=1) | (chains.visible == data[-1]).all(axis=1)
    >>> bool(same.mean() > 0.8)
    True
    """

    _fixed = frozenset({"settings", "device", "threads"})

    def __init__(
        self,
        rbm: RBM,
        method: str = "pcd",
        k: int = 1,
        *,
        batch_size: int | None = None,
        chains: int | None = None,
        betas: npt.ArrayLike | None = None,
        optimizer: str | Optimizer = "sgd",
        learning_rate: float | Schedule | None = None,
        weight_decay: float = 0.0,
        l1: float = 0.0,
        clip: float | None = None,
        centred: bool = True,
        offset_rate: float = 0.01,
        weight_limit: float = 1000.0,
        keep_every: int | None = None,
        seed: int | None = None,
        device: str = "cpu",
        threads: int | None = None,
        precision: str = "float32",
        negative_phase: NegativePhase | None = None,
    ) -> None:
        call = "RBMTrainer"
        if not isinstance(rbm, RBM):
            raise TypeError(f"[{call}] expected a machine such as kd.RBM(weights), got {rbm!r}")
        self.settings = Settings.checked(
            method=method,
            k=k,
            batch_size=batch_size,
            optimizer=optimizer,
            learning_rate=learning_rate,
            spin_layers=(rbm.visible_units, rbm.hidden_units).count("spin"),
            weight_decay=weight_decay,
            l1=l1,
            clip=clip,
            centred=centred,
            offset_rate=offset_rate,
            weight_limit=weight_limit,
            keep_every=keep_every,
            seed=arguments.seed(call, seed),
            precision=precision,
        )
        self.device = arguments.choice(call, "device", device, DEVICES)
        self.threads = arguments.threads(call, threads)
        if chains is not None:
            chains = arguments.integer(call, "chains", chains, 1, 2**31)
        own = negative_phase
        if own is None:
            own = first_chains(rbm, method, self.seed, chains, betas, self._sampling())
        else:
            own = checked_chains(own, rbm)
        self._chains_class: Any = None if own is None else type(own)
        self._state = TrainingState(
            rbm=rbm,
            updates=0,
            memory=self.settings.optimizer.start(rbm.weights.size + rbm.n_visible + rbm.n_hidden),
            offsets=None,
            phases={"data_step": 0, **({} if own is None else {"chains": own.state()})},
            history=History(),
            best=None,
            best_score=-np.inf,
            checkpoints=() if keep_every is None else (Checkpoint(0, rbm),),
        )

    @property
    def rbm(self) -> RBM:
        """The machine after the last whole epoch."""
        return self._state.rbm

    @property
    def best(self) -> RBM:
        """The machine of the best score so far; `rbm` where nothing was scored."""
        return self._state.rbm if self._state.best is None else self._state.best.rbm

    @property
    def best_epoch(self) -> int:
        """Epochs done when `best` was found."""
        return self.epoch if self._state.best is None else self._state.best.epoch

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return self._state.epoch

    @property
    def seed(self) -> int:
        """The seed."""
        return self.settings.seed

    @property
    def history(self) -> History:
        """Records of all epochs; see `kadanoff.rbm.History`."""
        return self._state.history

    @property
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """Machines that were kept, with their epochs; see `keep_every`."""
        return self._state.checkpoints

    @property
    def negative_phase(self) -> Any:
        """A copy of the persistent chains as they are now; None where there are none."""
        if "chains" not in self._state.phases:
            return None
        from kadanoff import storage

        entries = storage.Entries(self._state.phases["chains"], "a trainer")
        return self._chains_class.from_state(entries, self.device, self.threads)

    def fit(
        self,
        data: npt.ArrayLike | Dataset,
        epochs: int,
        *,
        validation: npt.ArrayLike | Dataset | None = None,
        score: str | Score = "auto",
        score_every: int = 1,
        patience: int | None = None,
        probabilities: bool = False,
        callback: Callback | None = None,
        progress: bool = False,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: int = 1,
    ) -> RBMTrainer:
        """Train for `epochs` more epochs.

        Parameters
        ----------
        data : array_like, (n_samples, n_visible), or kadanoff.datasets.Dataset
            Values of the visible units, of any dtype of numbers and any strides.
        epochs : int
            At least 0.
        validation : array_like, (n_samples, n_visible), or Dataset, optional
            Data to score the machine by.
        score : {"auto", "exact", "ais", "pseudo"} or callable
            What to score by, larger is better: the mean log-likelihood, exactly (a layer of at most
            24 units) or by annealed importance sampling, as `RBM.log_partition` does these, the
            mean log pseudo-likelihood, or a function of (machine, validation data). "auto" is
            "exact" up to 16 units in a layer, and "ais" beyond.
        score_every : int
            Score after every so many epochs.
        patience : int, optional
            Stop where a score is so many epochs younger than the best. It needs validation data.
        probabilities : bool
            `data` are probabilities in [0, 1] of units being 1: every epoch draws them anew.
        callback : callable, optional
            Called with the trainer after each epoch; if it returns True, the training stops.
        progress : bool
            Show a bar on standard error.
        checkpoint : path-like, optional
            Save the trainer to this file; if it is a folder, to ``trainer.h5`` in it, and each
            machine to ``epoch_000001.h5`` and so on.
        checkpoint_every : int
            Save after every so many epochs, and after the last.

        Returns
        -------
        RBMTrainer
            This one.

        Raises
        ------
        ValueError, TypeError
            Nothing has changed then.
        DivergenceError
            A parameter is not a number, or a weight is larger than `weight_limit`. The trainer is
            as it was after the last whole epoch, and so is its file.
        Interrupted
            A KeyboardInterrupt: the same holds. Call `fit` again to go on.
        OSError
            If a checkpoint cannot be written.
        """
        options = FitOptions.checked(
            self.rbm,
            self.seed,
            self.threads,
            data=data,
            epochs=epochs,
            validation=validation,
            score=score,
            score_every=score_every,
            patience=patience,
            probabilities=probabilities,
            callback=callback,
            checkpoint=checkpoint,
            checkpoint_every=checkpoint_every,
        )
        started = self.epoch
        try:
            with epochs_bar(options.epochs, started, shown=progress) as show:
                self._run(options, show)
        except KeyboardInterrupt:
            done = self.epoch - started
            raise Interrupted(f"[fit] stopped after {done} of {options.epochs} epochs") from None
        return self

    def _run(self, options: FitOptions, show: Show) -> None:
        last = self.epoch + options.epochs
        epochs = Epochs(self._state, self.settings, options, self._sampling(), self.negative_phase)
        stop = False
        while self.epoch < last and not stop:
            # All that an epoch changes is put in place at once: it is done, or it never was.
            self._state = epochs.next(self._state)
            show(self.history)
            if options.callback is not None:
                stop = options.callback(self) is True
            if options.patience is not None and self.epoch % options.score_every == 0:
                stop = stop or self.epoch - self.best_epoch >= options.patience
            due = self.epoch % options.checkpoint_every == 0 or self.epoch == last or stop
            if options.checkpoint is not None and due:
                self._write(options.checkpoint)

    def _write(self, path: Path) -> None:
        if path.is_dir():
            self.rbm.save(path / f"epoch_{self.epoch:06d}.h5")
            path = path / "trainer.h5"
        self.save(path)

    def _sampling(self) -> dict[str, Any]:
        return {
            "device": self.device,
            "threads": self.threads,
            "precision": self.settings.precision,
        }

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an HDF5 file from which `load` goes on bit for bit; it is put in place whole.

        Raises
        ------
        OSError
            If the file cannot be written; the old one is then still there.
        """
        from kadanoff import storage

        storage.write(path, _KIND, _VERSION, self.state())

    def state(self) -> dict[str, Any]:
        """Return what `save` writes, as plain values and arrays."""
        return {
            **versions(),
            "settings": self.settings.to_state(),
            "chains": self._chains_kind(),
            **self._state.to_state(),
        }

    def _chains_kind(self) -> str:
        if self._chains_class is None:
            return _NONE
        return {kind: name for name, kind in CLASSES.items()}.get(self._chains_class, _FOREIGN)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        device: str = "cpu",
        threads: int | None = None,
        learning_rate: float | Schedule | None = None,
        negative_phase: type[Any] | None = None,
    ) -> RBMTrainer:
        """Return the trainer that `save` wrote.

        Parameters
        ----------
        path : path-like
        device, threads
            As for a new trainer; the training goes on the same.
        learning_rate : float or callable, optional
            In place of the one that the trainer had. A callable of your own has to be given again.
        negative_phase : type, optional
            The class of the chains, where they were of your own.

        Raises
        ------
        FileError
            A ValueError: the file is not a trainer's, damaged, hostile, or of another version.
        ValueError
            If the learning rate is in no file.
        FileNotFoundError, PermissionError
        """
        from kadanoff import storage

        _, tree = storage.read(path, _KIND, {_VERSION})
        entries = storage.Entries(tree, path)
        return cls.from_state(entries, device, threads, learning_rate, negative_phase)

    @classmethod
    def from_state(
        cls,
        entries: Any,
        device: str = "cpu",
        threads: int | None = None,
        learning_rate: float | Schedule | None = None,
        negative_phase: type[Any] | None = None,
    ) -> RBMTrainer:
        """Return the trainer whose `state` was read back as `storage.Entries`."""
        check_contract(entries)
        group = entries.group("settings")
        schedule = schedules.from_state(group.group("learning_rate"))
        if learning_rate is not None:
            schedule = schedules.as_schedule("load", learning_rate)
        if schedule is None:
            raise ValueError(
                "[load] expected the learning_rate that the trainer had, a callable that no file "
                "keeps, got None"
            )
        trainer = object.__new__(cls)
        trainer.device = arguments.choice("RBMTrainer", "device", device, DEVICES)
        trainer.threads = arguments.threads("RBMTrainer", threads)
        trainer._chains_class = _chains_class(entries, negative_phase)
        with restoring("trainer", TypeError):
            trainer.settings = Settings.from_state(group, schedule)
            trainer._state = TrainingState.from_state(entries, trainer.settings)
            trainer._check_phases(entries.group("phases"))
        return trainer

    def _check_phases(self, entries: Any) -> None:
        """Check the state of the chains by making them."""
        entries.integer("data_step", low=0, high=MAX_SWEEP)
        if self._chains_class is None:
            if "chains" in entries:
                raise entries.wrong("chains", "nothing, without chains")
            if self.settings.method == "exact":
                gradients.check_enumerable(self.rbm, "load")
            return
        chains = self._chains_class.from_state(entries.group("chains"), self.device, self.threads)
        if chains.rbm != self.rbm:
            raise entries.wrong("chains", "chains of the trainer's machine")

    def __reduce__(self) -> tuple[Any, ...]:
        rate = self.settings.learning_rate
        return _from_plain_state, (
            self.state(),
            self.device,
            self.threads,
            rate,
            self._chains_class,
        )

    def __repr__(self) -> str:
        return (
            f"RBMTrainer({self.rbm!r}, method={self.settings.method!r}, k={self.settings.k}, "
            f"seed={self.seed}, epoch={self.epoch})"
        )


def _chains_class(entries: Any, given: type[Any] | None) -> Any:
    """Return the class of the chains in a file, None where it has none."""
    kind = entries.text("chains", (*CLASSES, _NONE, _FOREIGN))
    if kind == _FOREIGN and given is None:
        raise ValueError(
            "[load] expected the class of chains of your own as negative_phase, got None"
        )
    return given if kind == _FOREIGN else CLASSES.get(kind)


def _from_plain_state(
    state: dict[str, Any], device: str, threads: int | None, rate: Any, chains: Any
) -> RBMTrainer:
    """Undo `RBMTrainer.__reduce__`."""
    from kadanoff import storage

    entries = storage.Entries(state, "a pickled trainer")
    return RBMTrainer.from_state(entries, device, threads, rate, chains)
