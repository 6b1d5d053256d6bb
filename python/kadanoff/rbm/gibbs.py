"""Block Gibbs sampling of a machine in many chains."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple, TypeGuard

import numpy as np
import numpy.typing as npt

from kadanoff import _core, arguments, device_arrays
from kadanoff.draws import MAX_SWEEP
from kadanoff.fixed import FixedAttributes
from kadanoff.saved import SavedChains, check_contract, restoring, versions
from kadanoff.spin_chains import described_betas

from .core_terms import core_terms
from .gaussian.machine import GaussianRBM
from .machine import RBM

HIDDEN_MOMENTS = ("mean", "sampled")
PRECISIONS = ("float32", "fixed16")
DEVICES = ("cpu", "cuda")

Bits = npt.NDArray[np.uint8]


class Moments(NamedTuple):
    """Averages over chains: of visible units, of hidden ones, and of their products."""

    visible: npt.NDArray[np.float64]
    hidden: npt.NDArray[np.float64]
    products: npt.NDArray[np.float64]


class GibbsSampler(FixedAttributes, SavedChains):
    r"""Block Gibbs sampling of an RBM in many chains.

    A step draws all hidden units given the visible ones, and then all visible units given the
    hidden ones. A chain is a pure function of (machine, precision, beta, seed, step) and of its
    number: it does not depend on the instruction set, the device, the threads, or how many chains
    there are.

    Parameters
    ----------
    rbm : RBM or GaussianRBM
        A Gaussian machine makes this a `kadanoff.rbm.GaussianGibbsSampler`.
    chains : int
        1 to 2^31. They start from independent random states.
    seed : int, optional
        0 <= seed < 2^64. Without it, one is drawn from the operating system; read it from `seed`.
    device : {"cpu", "cuda"}
    threads : int, optional
        Of the CPU; by default as many as the process may use.
    precision : {"float32", "fixed16"}
        "fixed16" rounds weights and biases to multiples of 1 / `scale` that fit into 16 bits, and
        samples exactly the machine that has these: about twice as fast. The sum of a unit's terms
        is then known to about 1e-4 of the largest such sum.
    beta : float or sequence of float
        Inverse temperature, one for all chains or one for each; in [0, 1e12].

    Raises
    ------
    ValueError
        If a value is out of its range, the states would not fit into memory, or the weights times
        beta are too large for "fixed16".
    TypeError
        If an argument has the wrong type.
    RuntimeError
        If the device is not available.

    Notes
    -----
    A unit of 0 and 1 is 1 with probability :math:`1 / (1 + e^{-\beta x})`, where x is its bias plus
    the weights of the units of the other layer, one of -1 and 1 with
    :math:`1 / (1 + e^{-2 \beta x})`. The probability is compared as a 64-bit integer with 64 random
    bits: nothing saturates, however large the weights are.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> rbm = kd.RBM(np.full((3, 2), 0.5), visible_bias=[-1.0, 0.0, 1.0])
    >>> chains = kd.GibbsSampler(rbm, chains=4000, seed=1)
    >>> chains.run(20)
    >>> chains.visible.shape, chains.visible.dtype
    ((4000, 3), dtype('uint8'))
    >>> states = np.array(list(np.ndindex(2, 2, 2)))
    >>> weight = np.exp(-rbm.free_energy(states))
    >>> exact = weight @ states / weight.sum()
    >>> bool(np.abs(chains.visible.mean(axis=0) - exact).max() < 0.03)
    True
    """

    _kind = "gibbs_sampler"
    _fixed = frozenset({"chains", "seed", "device", "threads", "precision"})
    _call = "GibbsSampler"

    _machine: ClassVar[str] = "kd.RBM(weights)"
    _machine_class: ClassVar[Any] = RBM
    _core_class: ClassVar[Any] = _core.GibbsSampler
    _precisions: ClassVar[tuple[str, ...]] = PRECISIONS

    def __new__(cls, rbm: Any = None, *_: Any, **__: Any) -> GibbsSampler:
        """Make the sampler that serves the machine."""
        if cls is GibbsSampler and isinstance(rbm, GaussianRBM):
            from .gaussian.gibbs import GaussianGibbsSampler

            return super().__new__(GaussianGibbsSampler)
        return super().__new__(cls)

    def __init__(
        self,
        rbm: RBM | GaussianRBM,
        chains: int = 1024,
        seed: int | None = None,
        device: str = "cpu",
        threads: int | None = None,
        precision: str = "float32",
        beta: float | npt.ArrayLike = 1.0,
    ) -> None:
        call = self._call
        if not isinstance(rbm, self._machine_class):
            raise TypeError(f"[{call}] expected a machine such as {self._machine}, got {rbm!r}")
        self._rbm: Any = rbm
        self.chains = arguments.integer(call, "chains", chains, 1, 2**31)
        self.seed = arguments.seed(call, seed)
        self.device = arguments.choice(call, "device", device, DEVICES)
        self.threads = arguments.threads(call, threads)
        self.precision = arguments.choice(call, "precision", precision, PRECISIONS)
        betas = arguments.reals(call, "beta", beta)
        self._core = self._make_core(betas)
        self._keep_beta(betas)
        self._clamped: npt.NDArray[np.bool_] | None = None

    def _make_core(self, betas: npt.NDArray[np.float64]) -> _core.GibbsSampler:
        core: _core.GibbsSampler = self._core_class(
            **core_terms(self._rbm),
            beta=betas.tolist(),
            chains=self.chains,
            seed=self.seed,
            fixed16=self.precision == "fixed16",
            device=self.device,
            threads=self.threads or 0,
        )
        return core

    @property
    def rbm(self) -> RBM:
        """The machine that is sampled; assignable.

        Assigning a machine of the same layers holds from the next step on. One of others, or one
        that is too large for "fixed16", raises ValueError and changes nothing.
        """
        rbm: RBM = self._rbm
        return rbm

    @rbm.setter
    def rbm(self, rbm: RBM) -> None:
        if not isinstance(rbm, self._machine_class):
            raise TypeError(f"[rbm] expected a machine such as {self._machine}, got {rbm!r}")
        if rbm.layers != self._rbm.layers:
            raise ValueError(f"[rbm] expected a machine like {self._rbm!r}, got {rbm!r}")
        self._write_rbm(rbm)
        self._rbm = rbm

    def _write_rbm(self, rbm: Any) -> None:
        self._core.write_rbm(**core_terms(rbm))

    @property
    def beta(self) -> npt.NDArray[np.float64]:
        """Inverse temperature of each chain, float64 (chains,), read-only; assignable.

        Assigning a number or one for each chain holds from the next step on; a wrong value or count
        raises ValueError and changes nothing.
        """
        return self._beta

    @beta.setter
    def beta(self, beta: float | npt.ArrayLike) -> None:
        betas = arguments.reals("GibbsSampler", "beta", beta)
        self._core.set_beta(betas.tolist())
        self._keep_beta(betas)

    def _keep_beta(self, betas: npt.NDArray[np.float64]) -> None:
        self._beta = np.array(np.broadcast_to(betas, self.chains))
        self._beta.flags.writeable = False

    @property
    def step(self) -> int:
        """Steps done."""
        return self._core.step

    @property
    def scale(self) -> float:
        """Weights of "fixed16" are multiples of 1 / scale; 1 in float32."""
        return self._core.scale

    @property
    def kernel(self) -> str:
        """What does the work: algorithm and instruction set."""
        return self._core.kernel

    @property
    def visible(self) -> Any:
        """A copy of the visible units, (chains, n_visible); assignable.

        uint8 of 0 and 1, or int8 of -1 and 1 where the machine has these: a NumPy array, or a CuPy
        array on device "cuda". Any array of these values and this shape may be assigned, of any
        dtype of numbers and any strides, wherever it is; what is wrong raises ValueError or
        TypeError and changes nothing.
        """
        return self._states("visible")

    @visible.setter
    def visible(self, values: npt.ArrayLike) -> None:
        self._core.write_visible(self._bits("visible", values))

    @property
    def hidden(self) -> Any:
        """A copy of the hidden units, (chains, n_hidden); as `visible`."""
        return self._states("hidden")

    @hidden.setter
    def hidden(self, values: npt.ArrayLike) -> None:
        self._core.write_hidden(self._bits("hidden", values))

    def _units(self, layer: str) -> tuple[int, str]:
        if layer == "visible":
            return self.rbm.n_visible, self.rbm.visible_units
        return self.rbm.n_hidden, self.rbm.hidden_units

    def _states(self, layer: str) -> Any:
        """Return a layer where the device has it."""
        if self.device == "cpu":
            return self._host(layer)
        bits = device_arrays.empty(layer, (self.chains, self._units(layer)[0]), np.uint8)
        read = self._core.read_visible if layer == "visible" else self._core.read_hidden
        read(bits.data.ptr)
        return self._values(layer, bits)

    def _host(self, layer: str) -> npt.NDArray[Any]:
        """Return a layer as a NumPy array."""
        bits = self._core.visible() if layer == "visible" else self._core.hidden()
        values: npt.NDArray[Any] = self._values(layer, bits.reshape(self.chains, -1))
        return values

    def _values(self, layer: str, bits: Any) -> Any:
        _, encoding = self._units(layer)
        return bits if encoding == "binary" else 2 * bits.view(np.int8) - np.int8(1)

    def _bits(self, layer: str, values: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return a layer as the core takes it."""
        count, encoding = self._units(layer)
        expected = (self.chains, count)
        if encoding == "binary" and _is_bits(values) and values.shape == expected:
            return np.ascontiguousarray(values).view(np.uint8)
        array = self.rbm.states(layer, layer, device_arrays.on_host(layer, values))
        if array.shape != expected:
            raise ValueError(f"[{layer}] expected shape {expected}, got {array.shape}")
        return np.ascontiguousarray(array == 1).view(np.uint8)

    @property
    def clamped(self) -> npt.NDArray[np.bool_] | None:
        """Which visible units stay as they are, bool (chains, n_visible), or None; see `clamp`."""
        return self._clamped

    def clamp(self, mask: npt.ArrayLike | None, values: npt.ArrayLike | None = None) -> None:
        """Keep visible units as they are, from now on: the rest is sampled given these.

        Parameters
        ----------
        mask : array_like of bool, (n_visible,) or (chains, n_visible), or None
            Which units to keep. None lets all go.
        values : array_like, (n_visible,) or (chains, n_visible), optional
            What they are to be; by default what they are. Values outside the mask do not count.

        Raises
        ------
        ValueError, TypeError
            Nothing has changed then.

        Examples
        --------
        >>> import kadanoff as kd
        >>> chains = kd.GibbsSampler(kd.RBM([[1.0], [2.0], [-1.0]]), chains=5, seed=1)
        >>> chains.clamp([True, True, False], [1, 0, 0])
        >>> chains.run(10)
        >>> chains.visible[:, :2].tolist()
        [[1, 0], [1, 0], [1, 0], [1, 0], [1, 0]]
        """
        if mask is None:
            if values is not None:
                raise ValueError("[clamp] expected a mask for the values, got None")
            self._core.write_clamped(np.empty(0, dtype=np.uint8))
            self._clamped = None
            return
        shape = (self.chains, self.rbm.n_visible)
        kept = arguments.array("clamp", "mask", device_arrays.on_host("clamp", mask))
        if kept.dtype != np.bool_:
            raise TypeError(f"[clamp] expected mask of dtype bool, got {kept.dtype}")
        kept = np.array(broadcast_to_chains("mask", kept, shape), order="C")
        if values is not None:
            values = arguments.array("clamp", "values", device_arrays.on_host("clamp", values))
            new = broadcast_to_chains("values", values, shape)
            self.visible = np.where(kept, new, self._host("visible"))
        self._core.write_clamped(kept.view(np.uint8))
        kept.flags.writeable = False
        self._clamped = kept

    def run(self, steps: int) -> None:
        """Do `steps` steps.

        Ctrl-C raises KeyboardInterrupt after a whole number of steps; `step` tells how many.

        Parameters
        ----------
        steps : int
            At least 0; 2^40 in a sampler's life.

        Raises
        ------
        ValueError, TypeError
        """
        self._core.run(arguments.integer("run", "steps", steps, 0, MAX_SWEEP - self.step))

    def draw_hidden(self) -> None:
        """Draw the hidden units given the visible ones: the first half of a step, counted as one.

        Raises
        ------
        ValueError
            After 2^40 steps.

        Examples
        --------
        >>> import kadanoff as kd
        >>> chains = kd.GibbsSampler(kd.RBM([[50.0, -50.0]]), chains=2, seed=1)
        >>> chains.visible = [[1], [1]]
        >>> chains.draw_hidden()
        >>> chains.hidden.tolist(), chains.step
        ([[1, 0], [1, 0]], 1)
        """
        self._core.draw_hidden()

    def draw_visible(self) -> None:
        """Draw the visible units given the hidden ones: the second half of a step; as above."""
        self._core.draw_visible()

    def log_weight(self, beta: float | npt.ArrayLike | None = None) -> npt.NDArray[np.float64]:
        r"""Return ln(sum over h of exp(-beta E(v, h))) of the visible units of each chain, float64.

        Parameters
        ----------
        beta : float or array_like, (chains,), optional
            Inverse temperatures; by default those of the chains.

        Raises
        ------
        ValueError, TypeError

        Notes
        -----
        At beta = 1 this is :math:`-F(v)`, see `RBM.free_energy`. The sums of the hidden units are
        those that draw them, in float32, and all else is float64: the same bits for any number of
        threads. With "fixed16" it is the weight in the machine that is sampled, the rounded one. On
        device "cuda" the states are fetched, and weighed by the CPU.
        """
        betas = None if beta is None else arguments.reals("log_weight", "beta", beta).tolist()
        return self._core.log_weight(betas)

    def moments(self, where: npt.ArrayLike | None = None, hidden: str = "mean") -> Moments:
        r"""Return averages over chains of the units and of their products.

        Parameters
        ----------
        where : array_like of bool, (chains,), optional
            The chains to average; by default all.
        hidden : {"mean", "sampled"}
            What stands for hidden units: their mean given the visible ones, or what was drawn in
            the last step, before the visible units were.

        Returns
        -------
        Moments
            `visible` (n_visible,), `hidden` (n_hidden,), `products` (n_visible, n_hidden): float64.

        Raises
        ------
        ValueError, TypeError

        Notes
        -----
        The mean is :math:`\langle h_j \rangle = 1 / (1 + e^{-\beta x_j})` for units of 0 and 1 and
        :math:`\tanh \beta x_j` for those of -1 and 1: the same averages with less noise than the
        drawn units have. With "fixed16" it is that of the machine that is sampled, the rounded one.
        It is rounded to a multiple of :math:`2^{-20}` of the units' range, and totals are integers,
        divided once: the same bits for any number of threads. On device "cuda" the states are
        fetched, and averaged by the CPU.

        Examples
        --------
        >>> import kadanoff as kd
        >>> chains = kd.GibbsSampler(kd.RBM([[0.0, 0.0]], [50.0], [0.0, 50.0]), chains=8, seed=1)
        >>> chains.run(1)
        >>> chains.moments().products.tolist()
        [[0.5, 1.0]]
        """
        sampled = arguments.choice("moments", "hidden", hidden, HIDDEN_MOMENTS) == "sampled"
        chosen = None if where is None else chosen_chains(where, self.chains).view(np.uint8)
        return Moments(*self._core.moments(chosen, sampled))

    def state(self) -> dict[str, Any]:
        """Return what `save` writes, as plain values and arrays."""
        step, visible, hidden = self._core.snapshot()
        state = {
            **versions(),
            "rbm": self.rbm.to_state(),
            "beta": self.beta,
            "precision": self.precision,
            "seed": self.seed,
            "step": step,
            "visible": self._visible_state(visible),
            "hidden": np.packbits(hidden.reshape(self.chains, -1), axis=1),
        }
        if self._clamped is not None:
            state["clamped"] = np.packbits(self._clamped, axis=1)
        return state

    def _visible_state(self, visible: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.packbits(visible.reshape(self.chains, -1), axis=1)

    @classmethod
    def from_state(
        cls, entries: Any, device: str = "cpu", threads: int | None = None
    ) -> GibbsSampler:
        """Return the sampler whose `state` was read back as `storage.Entries`."""
        check_contract(entries)
        if "visible_scale" in entries.group("rbm"):
            from .gaussian.gibbs import GaussianGibbsSampler

            return GaussianGibbsSampler._restored(entries, device, threads)
        return cls._restored(entries, device, threads)

    @classmethod
    def _restored(cls, entries: Any, device: str, threads: int | None) -> GibbsSampler:
        rbm = cls._machine_class.from_state(entries.group("rbm"))
        beta = entries.array("beta", np.float64, (None,))
        visible = cls._saved_visible(entries, len(beta), rbm.n_visible)
        hidden = _saved_bits(entries, "hidden", len(beta), rbm.n_hidden)
        with restoring("sampler"):
            sampler = cls(
                rbm,
                len(beta),
                entries.integer("seed", low=0),
                device,
                threads,
                entries.text("precision", cls._precisions),
                beta,
            )
            sampler._core.write_visible(visible)
            sampler._core.write_hidden(hidden)
            if "clamped" in entries:
                kept = _saved_bits(entries, "clamped", len(beta), rbm.n_visible)
                sampler.clamp(kept.astype(bool))
            sampler._core.step = entries.integer("step", low=0, high=MAX_SWEEP)
        return sampler

    @staticmethod
    def _saved_visible(entries: Any, chains: int, units: int) -> npt.NDArray[Any]:
        return _saved_bits(entries, "visible", chains, units)

    def __repr__(self) -> str:
        return (
            f"GibbsSampler({self.rbm!r}, chains={self.chains}, beta={described_betas(self.beta)}, "
            f"seed={self.seed}, step={self.step}, {self.precision}, {self.kernel})"
        )


def _is_bits(values: npt.ArrayLike) -> TypeGuard[npt.NDArray[Any]]:
    """Whether it is an array of bytes that are 0 or 1."""
    if type(values) is not np.ndarray or values.dtype not in (np.uint8, np.bool_):
        return False
    return values.size > 0 and bool(values.max() <= 1)


def _saved_bits(entries: Any, name: str, chains: int, units: int) -> Bits:
    packed = entries.array(name, np.uint8, (chains, (units + 7) // 8))
    return np.ascontiguousarray(np.unpackbits(packed, axis=1, count=units))


def broadcast_to_chains(
    name: str, array: npt.NDArray[Any], shape: tuple[int, int]
) -> npt.NDArray[Any]:
    """Return what `clamp` got for each chain or for all, as one row a chain."""
    if array.shape not in (shape, shape[1:]):
        wanted = f"{name} of shape {shape[1:]} or {shape}"
        raise ValueError(f"[clamp] expected {wanted}, got shape {array.shape}")
    return np.broadcast_to(array, shape)


def chosen_chains(where: npt.ArrayLike | None, chains: int) -> npt.NDArray[np.bool_]:
    """Return which chains `moments` is to average."""
    if where is None:
        return np.ones(chains, dtype=bool)
    chosen = arguments.array("moments", "where", where)
    if chosen.dtype != np.bool_:
        raise TypeError(f"[moments] expected where of dtype bool, got {chosen.dtype}")
    if chosen.shape != (chains,):
        raise ValueError(f"[moments] expected where of shape ({chains},), got {chosen.shape}")
    if not chosen.any():
        raise ValueError("[moments] expected at least one chain, got none")
    return np.ascontiguousarray(chosen)
