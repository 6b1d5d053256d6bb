"""Projects that embed the library, each by one of the ways to find it, and the README's example."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

import cpp_build


def build_and_run(source: Path, tree: Path, *options: str) -> str:
    """Build a consumer and return what it prints; it fails if it gets a wrong trajectory."""
    cpp_build.configure(source, tree, *options)
    cpp_build.build(tree)
    return cpp_build.call(tree / "consumer")


def test_find_package_on_an_install(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    prefix = cpp_build.installed_prefix(tmp_path_factory.getbasetemp())
    output = build_and_run(
        cpp_build.CONSUMERS / "installed", tmp_path, f"-DCMAKE_PREFIX_PATH={prefix}"
    )
    assert output.startswith("checkerboard-")


def test_find_package_on_the_wheel(tmp_path: Path) -> None:
    output = build_and_run(
        cpp_build.CONSUMERS / "wheel", tmp_path, f"-DPython_EXECUTABLE={sys.executable}"
    )
    assert output.startswith("checkerboard-")


def test_add_subdirectory(tmp_path: Path) -> None:
    output = build_and_run(
        cpp_build.CONSUMERS / "subdirectory",
        tmp_path,
        "-DCMAKE_BUILD_TYPE=Debug",  # the spins are those of an optimised build
        "-DKADANOFF_CUDA=OFF",
    )
    assert output.startswith("checkerboard-")


def test_an_incompatible_version_is_refused(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    prefix = cpp_build.installed_prefix(tmp_path_factory.getbasetemp())
    project = tmp_path / "project"
    shutil.copytree(cpp_build.CONSUMERS / "installed", project)
    listfile = project / "CMakeLists.txt"
    listfile.write_text(listfile.read_text().replace("kadanoff 0.1", "kadanoff 99.0"))
    with pytest.raises(AssertionError, match="compatible with requested version"):
        cpp_build.configure(project, tmp_path / "tree", f"-DCMAKE_PREFIX_PATH={prefix}")


def test_the_example_of_the_readme(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    readme = (cpp_build.SOURCE / "README.md").read_text()
    example = re.search(r"```cpp\n(.*?)```", readme, re.DOTALL)
    assert example is not None
    prefix = cpp_build.installed_prefix(tmp_path_factory.getbasetemp())
    shutil.copytree(cpp_build.CONSUMERS / "installed", tmp_path / "project")
    (tmp_path / "main.cpp").write_text(example[1])
    output = build_and_run(tmp_path / "project", tmp_path / "tree", f"-DCMAKE_PREFIX_PATH={prefix}")
    energy = re.fullmatch(r"energy per site: (-\d\.\d+)\n", output)
    assert energy is not None
    assert -1.45 < float(energy[1]) < -1.35
