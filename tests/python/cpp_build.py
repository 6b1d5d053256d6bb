"""Builds of the C++ side, each made once in a test session."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

SOURCE = Path(__file__).parents[2]
CONSUMERS = SOURCE / "tests" / "consume"


def find_tool(name: str) -> str:
    """Return the path of a program: of this environment if it is there, else of the system."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    tool = shutil.which(name, path=path)
    assert tool is not None, (
        f"{name} is missing; pip install 'kadanoff[test]' brings cmake and ninja"
    )
    return tool


def call(*command: str | Path) -> str:
    """Run a command and return what it prints; fail with its output if it fails."""
    result = subprocess.run(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert result.returncode == 0, f"{command} failed:\n{result.stdout[-8000:]}"
    return result.stdout


def configure(source: Path, build: Path, *options: str) -> Path:
    """Configure a CMake project with the ninja of this environment."""
    call(
        *(find_tool("cmake"), "-S", source, "-B", build, "-G", "Ninja"),
        *(f"-DCMAKE_MAKE_PROGRAM={find_tool('ninja')}", *options),
    )
    return build


def build(tree: Path, *options: str) -> Path:
    """Build a configured tree."""
    call(find_tool("cmake"), "--build", tree, *options)
    return tree


@functools.cache
def library_tree(base: Path) -> Path:
    """Build the library and its tests, without CUDA; KADANOFF_WERROR=ON makes warnings errors."""
    options = (
        "-DCMAKE_BUILD_TYPE=Release",
        "-DKADANOFF_CUDA=OFF",
        "-DKADANOFF_TESTS=ON",
        f"-DKADANOFF_WERROR={os.environ.get('KADANOFF_WERROR', 'OFF')}",
    )
    return build(configure(SOURCE, base / "library", *options))


@functools.cache
def installed_prefix(base: Path) -> Path:
    """Install the library of `library_tree`."""
    prefix = base / "prefix"
    call(find_tool("cmake"), "--install", library_tree(base), "--prefix", prefix)
    return prefix
