"""Attributes that are set once."""

from __future__ import annotations

from typing import Any, ClassVar


class FixedAttributes:
    """Base of objects whose settings cannot be changed after construction.

    What a compiled core was built from must not change behind its back.
    """

    _fixed: ClassVar[frozenset[str]] = frozenset()

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._fixed and name in self.__dict__:
            kind = type(self).__name__
            raise AttributeError(f"[{kind}] expected {name} to stay as it is: make a new {kind}")
        super().__setattr__(name, value)
