"""Steps of a training: samples, gradient, Adam; each is done whole, or not at all."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import torch

from kadanoff.errors import DivergenceError
from kadanoff.models import Ising

from .history import History, Record
from .network import AutoregressiveNetwork
from .randomness import Use
from .reinforce import surrogate
from .sampling import draws

BETAS = (0.9, 0.999)


class Training:
    """A network and the optimiser that changes it.

    Parameters
    ----------
    model : Ising
    network : AutoregressiveNetwork
    batch_size : int
    clip : float
        Largest norm of a gradient; longer ones are shortened.
    seed : int
    """

    def __init__(
        self, model: Ising, network: AutoregressiveNetwork, batch_size: int, clip: float, seed: int
    ) -> None:
        self._model, self._network = model, network
        self._batch_size, self._clip, self._seed = batch_size, clip, seed
        self.optimizer = torch.optim.Adam(network.parameters(), lr=0.0, betas=BETAS)
        self.records: list[Record] = []

    @property
    def steps(self) -> int:
        """Steps done."""
        return len(self.records)

    def step(self, beta: float, rate: float) -> None:
        """Take one step; where anything is raised, all is as before it."""
        network = self._network
        flat = np.concatenate(
            list(draws(network, self._batch_size, self._seed, Use.TRAINING, self.steps))
        )
        energies = np.asarray(self._model.energy(flat.reshape(-1, *network.shape)))
        loss, returns = surrogate(network, flat, energies, beta)
        self.optimizer.zero_grad()
        loss.backward()
        norm = float(torch.nn.utils.clip_grad_norm_(network.parameters(), self._clip))
        if not math.isfinite(norm):
            raise DivergenceError(
                f"[fit] expected a finite gradient, got {norm} after {self.steps} steps: a smaller "
                "learning_rate may help"
            )
        record = Record(
            beta=beta,
            log_z=-float(returns.mean()),
            variance=float(returns.var(ddof=1)),
            energy=float(energies.mean()) / network.sites,
            gradient_norm=norm,
        )
        self._update(rate, record)

    def _update(self, rate: float, record: Record) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        parameters = [values.detach().clone() for values in self._network.parameters()]
        memory, done = copy.deepcopy(self.optimizer.state_dict()), self.steps
        try:
            self.optimizer.step()
            self.records.append(record)
        except BaseException:
            for values, old in zip(self._network.parameters(), parameters, strict=True):
                values.data.copy_(old)
            self.optimizer.load_state_dict(memory)
            del self.records[done:]
            raise

    def to_state(self) -> dict[str, Any]:
        """Return history and moments as plain values and arrays."""
        moments = self.optimizer.state_dict()["state"]
        return {
            "steps": self.steps,
            "history": History.of(self.records).to_state(),
            **{
                name: {str(place): state[name].numpy().copy() for place, state in moments.items()}
                for name in ("exp_avg", "exp_avg_sq")
            },
        }

    def restore(self, entries: Any) -> None:
        """Take over what `to_state` returned, read back as `storage.Entries`."""
        steps, history = entries.integer("steps", 0, 2**40), entries.group("history")
        columns = {name: history.array(name, np.float64, (steps,)) for name in Record._fields}
        self.records = History(**columns).records()
        if steps == 0:
            return
        groups = {name: entries.group(name) for name in ("exp_avg", "exp_avg_sq")}
        memory = self.optimizer.state_dict()
        for place, values in enumerate(self._network.parameters()):
            moments = {
                name: torch.tensor(group.array(str(place), np.float32, tuple(values.shape)))
                for name, group in groups.items()
            }
            memory["state"][place] = {"step": torch.tensor(float(steps)), **moments}
        self.optimizer.load_state_dict(memory)
