"""Objects compiled for one instruction set give nothing away to the others.

An inline function shared by an AVX-512 object and a baseline one is a weak symbol; the linker keeps
either copy, and on a machine without AVX-512 the wrong one ends the process. See the ODR contract
in csrc/src/kernels/checkerboard_inl.hpp.
"""

from __future__ import annotations

import platform
import re
import shutil
from pathlib import Path

import pytest

import cpp_build

pytestmark = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="kernels for x86 instruction sets"
)


@pytest.fixture
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cpp_build.library_tree(tmp_path_factory.getbasetemp()) / "csrc" / "libkadanoff.a"


def binutil(name: str) -> str:
    tool = shutil.which(name)
    if tool is None:
        pytest.skip(f"no {name}: binutils are missing")
    return tool


def sections(output: str) -> dict[str, str]:
    """Split what nm or objdump print about an archive by its members."""
    parts = re.split(r"^(?:.*[(/ ])?([\w.]+\.o)\)?:.*$", output, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def exported(symbols: str) -> set[str]:
    """Return what an object defines for others to see, from `nm -C`: weak symbols included.

    DW.ref.__gxx_personality_v0 is left out: a pointer that every object with exception tables has.
    """
    found = re.findall(r"^[0-9a-f]+ ([A-Zuvw]) (.+)$", symbols, re.MULTILINE)
    return {name for kind, name in found if kind != "U" and not name.startswith("DW.ref.")}


def test_exported_sees_weak_symbols() -> None:
    symbols = (
        "0000000000000000 W int const& std::max<int>(int const&, int const&)\n"
        "0000000000000040 T kadanoff::avx2_checkerboard(kadanoff::KernelChoice)\n"
        "0000000000000090 u kadanoff::table\n"
        "0000000000000010 t kadanoff::(anonymous namespace)::local()\n"
        "                 U memcpy\n"
    )
    assert len(exported(symbols)) == 3


ENTRIES = {
    "checkerboard": ["checkerboard(kadanoff::KernelChoice)"],
    "clusters": ["clusters()"],
    "dense": ["dense(int)"],
    "gaussian": ["gaussian()"],
    "gemm": ["gemm(kadanoff::DType)"],
    "network": ["network(kadanoff::DType)"],
    "packed": ["packed(kadanoff::PackedChoice)", "packed_count(bool)"],
    "permute": ["permute(int)"],
    "plain": ["plain(int, bool)"],
    "potts": ["potts(bool, bool)"],
    "rbm": ["rbm(bool)"],
    "stream": ["stream(kadanoff::DType)"],
    "sum": ["sum(bool)"],
    "table": ["table(kadanoff::TableChoice)"],
}


@pytest.mark.parametrize("kernel", ENTRIES)
@pytest.mark.parametrize("isa", ["avx2", "avx512"])
def test_isa_objects_define_their_entries_alone(archive: Path, isa: str, kernel: str) -> None:
    members = sections(cpp_build.call(binutil("nm"), "-C", archive))
    symbols = exported(members[f"{kernel}_{isa}.cpp.o"])
    assert symbols == {f"kadanoff::{isa}_{entry}" for entry in ENTRIES[kernel]}


def test_other_objects_hold_no_wide_instructions(archive: Path) -> None:
    members = sections(cpp_build.call(binutil("objdump"), "-d", "--no-show-raw-insn", archive))
    assert {"checkerboard_scalar.cpp.o", "sampler.cpp.o", "cpu_checkerboard.cpp.o"} <= set(members)
    for name, code in members.items():
        registers = set(re.findall(r"%([xyz]mm)\d", code))
        wide = {"avx512": {"zmm"}, "avx2": {"ymm"}}
        isa = next((isa for isa in wide if f"_{isa}." in name), None)
        if isa is None:
            assert not registers & {"ymm", "zmm"}, name
        else:
            assert wide[isa] <= registers, name
            assert isa == "avx512" or "zmm" not in registers, name
