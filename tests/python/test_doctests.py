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
# Modules that an extra brings to life.
NEEDS = {
    "kadanoff.datasets.images": "sklearn",
    "kadanoff.nn": "torch",
    "kadanoff.rbm.pytorch": "torch",
    "kadanoff.sklearn": "sklearn",
    "kadanoff.tensor.network.pytorch": "torch",
    "kadanoff.tensor.paths.optimizer": "opt_einsum",
}


@pytest.mark.parametrize("name", ["kadanoff", *MODULES])
def test_examples(name: str) -> None:
    for package, needed in NEEDS.items():
        if name == package or name.startswith(package + "."):
            pytest.importorskip(needed)
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module, optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
    assert failed == 0
