"""The C++ tests (tests/cpp) and the compilation of the CUDA sources."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import cpp_build


def test_cpp_tests_pass(tmp_path_factory: pytest.TempPathFactory) -> None:
    tree = cpp_build.library_tree(tmp_path_factory.getbasetemp())
    ctest = cpp_build.find_tool("ctest")
    output = cpp_build.call(
        *(ctest, "--test-dir", tree, "--output-on-failure", "--no-tests=error", "-j", "2")
    )
    assert "100% tests passed" in output


def test_cuda_sources_compile_without_a_device(tmp_path: Path) -> None:
    nvcc = os.environ.get("CUDACXX") or shutil.which("nvcc")
    if nvcc is None:
        pytest.skip("no CUDA compiler: neither CUDACXX nor nvcc on PATH")
    tree = cpp_build.configure(
        cpp_build.SOURCE, tmp_path, "-DCMAKE_BUILD_TYPE=Release", "-DKADANOFF_CUDA=ON"
    )
    cpp_build.build(tree, "--target", "kadanoff_cuda")
    for source in (cpp_build.SOURCE / "cuda").glob("*.cu"):
        assert list(tree.rglob(source.name + ".o"))
