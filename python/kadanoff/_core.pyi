from collections.abc import Sequence

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

class Sampler:
    def __init__(
        self,
        *,
        lattice: str,
        extents: Sequence[int],
        coupling: float,
        field: float,
        beta: Sequence[float],
        update: str,
        replicas: int,
        seed: int,
        device: str,
        threads: int,
        start: str,
    ) -> None: ...
    def run(self, sweeps: int) -> None: ...
    def sample(
        self,
        draws: int,
        every: int,
        energy: NDArray[np.float64],
        magnetization: NDArray[np.float64],
    ) -> tuple[int, int, BaseException | None]: ...
    def measure(self, energy: NDArray[np.float64], magnetization: NDArray[np.float64]) -> None: ...
    def read_spins(self, out: NDArray[np.int8]) -> None: ...
    def read_spins_device(self, pointer: int) -> None: ...
    def write_spins(self, spins: NDArray[np.int8]) -> None: ...
    def snapshot(self) -> tuple[int, NDArray[np.uint32]]: ...
    def write_packed(self, words: NDArray[np.uint32]) -> None: ...
    @property
    def sweep(self) -> int: ...
    @sweep.setter
    def sweep(self, value: int) -> None: ...
    @property
    def kernel(self) -> str: ...
