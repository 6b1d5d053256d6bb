"""Write the random words of the checkerboard kernels to stdout, in the order of consumption.

    python bench/python/random_words.py --size 1024 | dieharder -a -g 200

Half sweep after half sweep; within one: stripe, vector, bit plane, 32-bit lane.
"""

from __future__ import annotations

import argparse
import sys

from kadanoff import _core


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1024, help="extent of the square lattice")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--update", choices=("heat_bath", "metropolis"), default="heat_bath")
    parser.add_argument("--bytes", type=float, default=float("inf"), help="stop after so many")
    arguments = parser.parse_args()
    row_words = -(-arguments.size // 64)
    stripes = -(-arguments.size * row_words // 256)
    written, half = 0, 0
    while written < arguments.bytes:
        for first in range(0, stripes, 64):
            words = _core.kernel_words(
                arguments.seed,
                half // 2,
                0,
                _core.streams[arguments.update],
                half % 2,
                first,
                min(64, stripes - first),
            )
            try:
                sys.stdout.buffer.write(words.data)
            except BrokenPipeError:
                return
            written += words.nbytes
        half += 1


if __name__ == "__main__":
    main()
