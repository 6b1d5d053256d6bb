from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__version__: str
rng_version: int
compiler: str
built_with_cuda: bool
uniform_planes: int
streams: dict[str, int]

def cuda_device_name() -> str: ...
def available_isas() -> list[str]: ...
def active_isa() -> str: ...
def philox4x32(counter: Sequence[int], key: Sequence[int]) -> tuple[int, int, int, int]: ...
def draw_block(
    seed: int, sweep: int, replica: int, stream: int, sublattice: int, group: int, slot: int
) -> tuple[int, int, int, int]: ...
def kernel_words(
    seed: int,
    sweep: int,
    replica: int,
    stream: int,
    colour: int,
    first_stripe: int,
    stripes: int,
) -> NDArray[np.uint32]: ...
def threshold_exp_minus(x: float) -> int: ...
def threshold_heat_bath(drive: float) -> int: ...
def decide_swaps(
    drive: NDArray[np.float64], seed: int, round: int, first: int
) -> NDArray[np.bool_]: ...
def decide_proposals(drive: NDArray[np.float64], seed: int, step: int) -> NDArray[np.bool_]: ...
def einsum(
    operands: tuple[Any, ...], out: Any, path: Any, threads: int, shapes: bytes = ..., /
) -> Any: ...
def einsum_steps(
    equation: str, shapes: Sequence[Sequence[int]], path: Any
) -> tuple[tuple[int, ...], bool, list[tuple[int, int, list[int], list[int], list[int]]]]: ...

class Lattice:
    @staticmethod
    def make(name: str, extents: Sequence[int], periodic: Sequence[bool]) -> Lattice: ...
    @staticmethod
    def graph(sites: int, bonds: NDArray[np.int64]) -> Lattice: ...
    def bonds(self) -> NDArray[np.int64]: ...
    def colouring(self) -> tuple[NDArray[np.uint32], int]: ...
    @property
    def name(self) -> str: ...
    @property
    def extents(self) -> tuple[int, ...]: ...
    @property
    def periodic(self) -> tuple[bool, ...]: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def sites(self) -> int: ...
    @property
    def bond_count(self) -> int: ...
    @property
    def coordination(self) -> int: ...
    @property
    def checkerboard_kind(self) -> int: ...

class Sampler:
    def __init__(
        self,
        *,
        lattice: Lattice,
        coupling: NDArray[np.float64],
        field: NDArray[np.float64],
        plaquette: float,
        states: int,
        beta: Sequence[float],
        update: str,
        order: str,
        kernel: str,
        replicas: int,
        seed: int,
        device: str,
        threads: int,
        start: str,
        effective: Sequence[float] = ...,
        clusters: int = ...,
    ) -> None: ...
    def run(self, sweeps: int) -> None: ...
    def sample(
        self,
        draws: int,
        every: int,
        energy: NDArray[np.float64],
        magnetization: NDArray[np.float64],
        extra: NDArray[np.float64],
    ) -> tuple[int, int, BaseException | None]: ...
    def measure(self, energy: NDArray[np.float64], magnetization: NDArray[np.float64]) -> None: ...
    def read_spins(self, out: NDArray[np.int8]) -> None: ...
    def read_spins_device(self, pointer: int) -> None: ...
    def write_spins(self, spins: NDArray[np.int8]) -> None: ...
    def snapshot(self) -> tuple[int, NDArray[np.uint32]]: ...
    def write_packed(self, words: NDArray[np.uint32]) -> None: ...
    def set_beta(self, beta: Sequence[float]) -> None: ...
    @property
    def packed_size(self) -> int: ...
    @property
    def sweep(self) -> int: ...
    @sweep.setter
    def sweep(self, value: int) -> None: ...
    @property
    def extra_series(self) -> list[str]: ...
    @property
    def kernel(self) -> str: ...

class ParallelTempering:
    def __init__(
        self,
        *,
        walkers: Sampler,
        beta: Sequence[float],
        swap_every: int,
        pairs: str,
        cluster_every: int,
    ) -> None: ...
    def run(self, sweeps: int) -> None: ...
    def sample(
        self,
        draws: int,
        every: int,
        energy: NDArray[np.float64],
        magnetization: NDArray[np.float64],
        overlap: NDArray[np.float64],
        link_overlap: NDArray[np.float64],
    ) -> tuple[int, int, BaseException | None]: ...
    def measure(self, energy: NDArray[np.float64], magnetization: NDArray[np.float64]) -> None: ...
    def read_spins(self, out: NDArray[np.int8]) -> None: ...
    def write_spins(self, spins: NDArray[np.int8]) -> None: ...
    def exchange(self, round: int) -> None: ...
    def move_clusters(self, round: int) -> None: ...
    def state(self) -> dict[str, NDArray[np.generic]]: ...
    def snapshot(self) -> tuple[int, NDArray[np.uint32], dict[str, NDArray[np.generic]]]: ...
    def set_state(self, state: dict[str, NDArray[np.generic]]) -> None: ...
    def reset_statistics(self) -> None: ...

def total_energy(sampler: Sampler) -> NDArray[np.float64]: ...
def anneal(
    sampler: Sampler,
    betas: Sequence[float],
    sweeps_per_beta: int,
    best_energy: NDArray[np.float64],
    best_spins: NDArray[np.int8],
) -> tuple[int, BaseException | None]: ...
def population_anneal(
    sampler: Sampler,
    betas: Sequence[float],
    sweeps_per_beta: int,
    runs: int,
    culling_fraction: float,
) -> tuple[dict[str, NDArray[Any]], BaseException | None]: ...
def resample(
    energy: NDArray[np.float64], beta_step: float, uniform: float
) -> tuple[NDArray[np.int64], float]: ...
def largest_step(energy: NDArray[np.float64], culling_fraction: float, most: float) -> float: ...

class GaussianGibbsSampler:
    def __init__(
        self,
        *,
        weights: NDArray[np.float32],
        visible_bias: NDArray[np.float32],
        hidden_bias: NDArray[np.float32],
        visible_scale: NDArray[np.float32],
        hidden_spin: bool,
        beta: Sequence[float],
        chains: int,
        seed: int,
        fixed16: bool,
        device: str,
        threads: int,
    ) -> None: ...
    def run(self, steps: int) -> None: ...
    def draw_hidden(self) -> None: ...
    def draw_visible(self) -> None: ...
    def visible(self) -> NDArray[np.float32]: ...
    def hidden(self) -> NDArray[np.uint8]: ...
    def snapshot(self) -> tuple[int, NDArray[np.float32], NDArray[np.uint8]]: ...
    def write_visible(self, values: NDArray[np.float32]) -> None: ...
    def write_hidden(self, bits: NDArray[np.uint8]) -> None: ...
    def write_clamped(self, mask: NDArray[np.uint8]) -> None: ...
    def write_rbm(
        self,
        *,
        weights: NDArray[np.float32],
        visible_bias: NDArray[np.float32],
        hidden_bias: NDArray[np.float32],
        visible_scale: NDArray[np.float32],
        hidden_spin: bool,
    ) -> None: ...
    def set_beta(self, beta: Sequence[float]) -> None: ...
    step: int
    @property
    def scale(self) -> float: ...
    @property
    def kernel(self) -> str: ...

class GibbsSampler:
    def __init__(
        self,
        *,
        weights: NDArray[np.float32],
        visible_bias: NDArray[np.float32],
        hidden_bias: NDArray[np.float32],
        visible_spin: bool,
        hidden_spin: bool,
        beta: Sequence[float],
        chains: int,
        seed: int,
        fixed16: bool,
        device: str,
        threads: int,
    ) -> None: ...
    def run(self, steps: int) -> None: ...
    def draw_hidden(self) -> None: ...
    def draw_visible(self) -> None: ...
    def log_weight(self, beta: Sequence[float] | None) -> NDArray[np.float64]: ...
    def moments(
        self, chosen: NDArray[np.uint8] | None, sampled: bool
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]: ...
    def visible(self) -> NDArray[np.uint8]: ...
    def hidden(self) -> NDArray[np.uint8]: ...
    def read_visible(self, pointer: int) -> None: ...
    def read_hidden(self, pointer: int) -> None: ...
    def snapshot(self) -> tuple[int, NDArray[np.uint8], NDArray[np.uint8]]: ...
    def write_visible(self, bits: NDArray[np.uint8]) -> None: ...
    def write_hidden(self, bits: NDArray[np.uint8]) -> None: ...
    def write_clamped(self, mask: NDArray[np.uint8]) -> None: ...
    def write_rbm(
        self,
        *,
        weights: NDArray[np.float32],
        visible_bias: NDArray[np.float32],
        hidden_bias: NDArray[np.float32],
        visible_spin: bool,
        hidden_spin: bool,
    ) -> None: ...
    def set_beta(self, beta: Sequence[float]) -> None: ...
    step: int
    @property
    def scale(self) -> float: ...
    @property
    def kernel(self) -> str: ...

def log_partition(
    *,
    weights: NDArray[np.float32],
    visible_bias: NDArray[np.float32],
    hidden_bias: NDArray[np.float32],
    visible_spin: bool,
    hidden_spin: bool,
    beta: float,
    threads: int,
) -> float: ...
def pseudo_likelihood(
    *,
    weights: NDArray[np.float32],
    visible_bias: NDArray[np.float32],
    hidden_bias: NDArray[np.float32],
    visible_spin: bool,
    hidden_spin: bool,
    bits: NDArray[np.uint8],
    threads: int,
) -> NDArray[np.float64]: ...

class RbmAnnealing:
    def __init__(
        self,
        *,
        weights: NDArray[np.float32],
        visible_bias: NDArray[np.float32],
        hidden_bias: NDArray[np.float32],
        visible_spin: bool,
        hidden_spin: bool,
        base_bias: NDArray[np.float32],
        chains: int,
        beta: float,
        seed: int,
        pass_number: int,
        threads: int,
    ) -> None: ...
    def start(self) -> None: ...
    def run(self, mixtures: Sequence[float]) -> None: ...
    def bridge(
        self,
        *,
        weights: NDArray[np.float32],
        visible_bias: NDArray[np.float32],
        hidden_bias: NDArray[np.float32],
        visible_spin: bool,
        hidden_spin: bool,
    ) -> None: ...
    def log_weights(self) -> NDArray[np.float64]: ...
    def log_base(self) -> float: ...
    def visible(self) -> NDArray[np.uint8]: ...
    def write_visible(self, bits: NDArray[np.uint8]) -> None: ...

def find_path(
    *,
    tensors: Sequence[Sequence[int]],
    output: Sequence[int],
    extents: Sequence[int],
    method: str,
    minimize: str,
    seconds: float | None,
    trials: int | None,
    peak_limit: float,
    largest_limit: float,
    seed: int,
    threads: int,
) -> tuple[list[list[int]], list[int], dict[str, float]]: ...
def slice_path(
    *,
    tensors: Sequence[Sequence[int]],
    output: Sequence[int],
    extents: Sequence[int],
    pairs: Sequence[Sequence[int]],
    peak_limit: float,
    largest_limit: float,
) -> tuple[list[list[int]], list[int], dict[str, float]]: ...
def path_cost(
    *,
    tensors: Sequence[Sequence[int]],
    output: Sequence[int],
    extents: Sequence[int],
    pairs: Sequence[Sequence[int]],
    sliced: Sequence[int],
) -> dict[str, float]: ...

class NetworkTensors:
    def __init__(self, arrays: Sequence[NDArray[Any]], dtype: np.dtype[Any]) -> None: ...
    def first_not_finite(self) -> int: ...

class Network:
    def __init__(
        self,
        *,
        inputs: Sequence[Sequence[int]],
        output: Sequence[int],
        sizes: Sequence[int],
        pairs: Sequence[tuple[int, int]],
        sliced: Sequence[int],
        dtype: np.dtype[Any],
        gradients: Sequence[int],
    ) -> None: ...
    @property
    def slices(self) -> int: ...
    @property
    def flops(self) -> float: ...
    @property
    def largest(self) -> int: ...
    def fits(self, tensors: NetworkTensors) -> bool: ...
    def bytes(self, threads: int) -> int: ...
    def run(
        self,
        tensors: NetworkTensors,
        out: NDArray[Any],
        scaled: bool,
        threads: int,
        progress: Callable[[int], object] | None = None,
    ) -> int: ...
    def run_gradients(
        self,
        tensors: NetworkTensors,
        cotangent: NDArray[Any],
        out: NDArray[Any],
        gradients: Sequence[NDArray[Any]],
        scaled: bool,
        threads: int,
        progress: Callable[[int], object] | None = None,
    ) -> int: ...
