"""The examples in the docstrings run."""

import doctest
import importlib
import pkgutil

import pytest

import kadanoff

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(kadanoff.__path__, "kadanoff.")
    if not module.name.endswith(("._core", ".__main__"))
)


@pytest.mark.parametrize("name", ["kadanoff", *MODULES])
def test_examples(name: str) -> None:
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module, optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
    assert failed == 0
