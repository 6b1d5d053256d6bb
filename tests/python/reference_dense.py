"""A slow oracle of the dense kernel, bit for bit; see `reference_packed`, whose `Sampler` gives it.

Written from docs/random_numbers.md: no tables, the part of every four sites is summed up for every
visit of every replica.
"""

from __future__ import annotations

import numpy as np

from reference_packed import LOG2_E, IsingSampler, Step, Visits, exp2_minus, random_sites, uniform

STREAM_VISITS = 256
NIBBLE_SITES = 4
PARTS = 4


class Dense(IsingSampler):
    """Any couplings and fields: the local field is a float32 sum over all sites, four at a time."""

    kernel = "dense"
    words_per_site = 1

    def _set_up(self) -> None:
        self.scale = (2.0 * LOG2_E * self.beta).astype(np.float32)[:, None]
        self.field32 = np.broadcast_to(np.ravel(self.model.field), self.n).astype(np.float32)
        padded = NIBBLE_SITES * PARTS * -(-self.n // (NIBBLE_SITES * PARTS))
        self.matrix = np.zeros((self.n, padded))
        for (i, j), coupling in zip(self.model.lattice.bonds, self.coupling, strict=True):
            self.matrix[i, j] += coupling
            self.matrix[j, i] += coupling

    def _in_turn(self, site: np.ndarray, phase: np.ndarray) -> Visits:
        group, place = np.divmod(np.arange(self.n), STREAM_VISITS)
        return Visits(site, phase, group, place, group)

    def _fixed_visits(self) -> Visits:
        phase = self._phases()
        site = np.argsort(phase, kind="stable")
        return self._in_turn(site, phase[site])

    def _random_visits(self) -> Visits:
        return self._in_turn(random_sites(self.seed, self.sweep, self.n), np.arange(self.n))

    def _numbers(self, visits: Visits) -> np.ndarray:
        stream = {"heatbath": "dense_heat_bath", "metropolis": "dense_metropolis"}[self.update]
        if self.fault == "shared-site":
            visits = visits._replace(place=visits.place & ~1)
        return uniform(self._stream_words(stream, self._draws_as, visits)[:, :, 0])

    def _local_field(self, site: int, seen: np.ndarray) -> np.ndarray:
        """Of all replicas; `seen` is (replica, padded site)."""
        products = (self.matrix[site] * seen).reshape(self.replicas, -1, PARTS, NIBBLE_SITES)
        nibble = np.zeros(products.shape[:-1])
        for k in range(NIBBLE_SITES):
            nibble = nibble + products[..., k]
        part = np.zeros((self.replicas, PARTS), dtype=np.float32)
        part[:, 0] = self.field32[site]
        for of_word in np.moveaxis(nibble.astype(np.float32), 1, 0):
            part = part + of_word
        return (part[:, 0] + part[:, 1]) + (part[:, 2] + part[:, 3])

    def _move(self, step: Step, seen: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        padded = np.pad(seen, ((0, 0), (0, self.matrix.shape[1] - self.n))).astype(float)
        local = np.stack([self._local_field(site, padded) for site in step.site.tolist()], axis=1)
        drive, u, old = self.scale * local, numbers[:, step.visit], seen[:, step.site]
        weight = exp2_minus(np.abs(drive))
        if self.update == "heatbath":
            against = u * (np.float32(1) + weight) < weight
            return np.where(np.signbit(drive) ^ against, -1, 1)
        return np.where((u < weight) | ~(drive * old > 0), -old, old)
