"""`read`: which format a file has, and what its numbers mean."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from .. import arguments
from .instance import FloatArray, Instance, IntArray, Objective
from .lines import MAX_SPINS, Lines, Rows

_HEADER = re.compile(r"\s*(type|size|name)\s*:\s*(.*?)\s*", re.IGNORECASE)
_DIMENSIONS = {"pm": 2, "gauss": 2, "pm3": 3, "gauss3": 3, "sk": 1}
_SUFFIXES = {".sparse": "qubo", ".bq": "qubo", ".sg": "sg", ".gsg": "sg"}


def read(
    path: str | os.PathLike[str], format: str = "auto", *, base: int | None = None
) -> Instance:
    r"""Read an instance file, all of it or nothing.

    Parameters
    ----------
    path : path-like
        Text, or text compressed by gzip. Blank lines and comments from ``#`` on are skipped.
    format : str
        One of `FORMATS`, or "auto": by the first line, and by the suffix for the files that
        begin with ``n m`` (``.sparse`` and ``.bq``: qubo; ``.sg`` and ``.gsg``: sg; else rudy).
    base : {0, 1}, optional
        Number of the first spin in a file of ``edges``; by default 0 if a spin 0 is there, else 1.

    Returns
    -------
    Instance

    Raises
    ------
    kadanoff.FileError
        If the file is not of its format, with the number of the line: wrong counts, spins out of
        range, an edge of a spin with itself, an edge or field given twice, no finite number.
    OSError
        If it cannot be read.
    ValueError, TypeError
        If `format` or `base` is unknown.

    Notes
    -----
    The formats are those of Biq Mac (biqmac.aau.at), of McSparse and the Spin Glass Server
    (mcsparse.uni-bonn.de, spinglass.uni-bonn.de) and of COOL (Mills, Ronagh and Tamblyn,
    Nat. Mach. Intell. 2, 509 (2020)). A COOL ``latfile`` may have a file ``gs_energy`` beside it
    with the lowest energy per spin: `Instance.best_known` is that times n.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "chain.txt"
    >>> _ = path.write_text("# three spins, a field on the first\n0 1 1.5\n1 2 -1\n0 0.25\n")
    >>> chain = read(path)
    >>> chain.edges.tolist(), chain.couplings.tolist(), chain.fields.tolist()
    ([[0, 1], [1, 2]], [1.5, -1.0], [0.25, 0.0, 0.0])
    """
    arguments.choice("read", "format", format, ("auto", *FORMATS))
    if base is not None:
        base = arguments.integer("read", "base", base, 0, 1)
    lines = Lines(path)
    kind = _detected(lines) if format == "auto" else format
    if kind == "edges":
        return _read_edges(lines, base)
    if base is not None:
        raise ValueError(f"[read] expected base with format 'edges' only, got it with {kind!r}")
    return _READERS[kind](lines)


def _detected(lines: Lines) -> str:
    first = lines.texts[0]
    if _HEADER.fullmatch(first):
        return "sgs"
    words = first.split()
    whole = all(re.fullmatch("[+-]?[0-9]+", word) for word in words)
    if len(words) == 1 and whole:
        return "cool"
    if len(words) == 2 and whole:
        return _SUFFIXES.get(_bare(lines.path).suffix.lower(), "rudy")
    if len(words) in (2, 3):
        return "edges"
    raise lines.error("a line 'n m', 'n', 'i j v' or 'type: ...'", repr(first.strip()[:80]), 0)


def _bare(path: str) -> Path:
    """Return the path without a suffix .gz."""
    plain = Path(path)
    return plain.with_suffix("") if plain.suffix.lower() == ".gz" else plain


def _read_rudy(lines: Lines) -> Instance:
    n, rows = _counted(lines, "edges")
    edges = _edges(lines, rows, _places(rows, 1), n, 1)
    objective = Objective("cut", 0.5 * float(rows.value.sum()), -0.5)
    return _instance(lines, "rudy", n, edges, -rows.value, objective=objective)


def _read_sg(lines: Lines) -> Instance:
    n, rows = _counted(lines, "edges")
    edges = _edges(lines, rows, _places(rows, 1), n, 1)
    return _instance(lines, "sg", n, edges, rows.value)


def _read_qubo(lines: Lines) -> Instance:
    """Put x = (1 + s) / 2 into the sum of Q_ii x_i and 2 Q_ij x_i x_j (i < j)."""
    n, rows = _counted(lines, "entries")
    (edges, values), diagonal = _split(lines, rows, 1, n, 1)
    linear = 0.5 * diagonal
    for end in (0, 1):
        linear += 0.5 * np.bincount(edges[:, end], weights=values, minlength=n)
    objective = Objective("qubo", 0.5 * float(diagonal.sum() + values.sum()))
    return _instance(
        lines, "qubo", n, edges, -0.5 * values, fields=0.0 - linear, objective=objective
    )


def _read_cool(lines: Lines) -> Instance:
    (n,) = lines.integers(0, "n")
    _check_size(lines, n, 0)
    (edges, values), fields = _split(lines, lines.rows(1), 1, n, 0)
    best = _energy_beside(Path(lines.path))
    return _instance(
        lines,
        "cool",
        n,
        edges,
        -values,
        fields=0.0 - fields,
        best=None if best is None else best * n,
    )


def _energy_beside(path: Path) -> float | None:
    """Read COOL's ``gs_energy``, energy per spin, next to a ``latfile``."""
    beside = path.with_name("gs_energy")
    if path.name != "latfile" or not beside.is_file():
        return None
    lines = Lines(beside)
    if len(lines) != 1:
        raise lines.error("one energy per spin", f"{len(lines)} lines")
    return lines.real(0)


def _read_sgs(lines: Lines) -> Instance:
    header: dict[str, str] = {}
    start = 0
    while start < len(lines) and (match := _HEADER.fullmatch(lines.texts[start])):
        key = match[1].lower()
        if key in header:
            raise lines.error(f"one line '{key}:'", "a second one", start)
        header[key] = match[2]
        start += 1
    rows = lines.rows(start)
    n, count = _size_of_sgs(lines, header, rows)
    if count is not None and len(rows.value) != count:
        raise lines.error(
            f"{count} couplings, as {header['type']} of size {header['size']} has",
            str(len(rows.value)),
        )
    edges = _edges(lines, rows, _places(rows, start), n, 1)
    return _instance(lines, "sgs", n, edges, rows.value, name=header.get("name"))


def _size_of_sgs(lines: Lines, header: dict[str, str], rows: Rows) -> tuple[int, int | None]:
    """Return the spins and, where the header tells, the couplings: d n on a torus."""
    kind, size = header.get("type"), header.get("size")
    if kind is not None and kind not in _DIMENSIONS:
        raise lines.error(f"a type of {', '.join(_DIMENSIONS)}", repr(kind[:80]))
    if size is not None and not re.fullmatch("[0-9]{1,10}", size):
        raise lines.error("an integer as size", repr(size[:80]))
    if kind is None or size is None:
        n = int(max(rows.first.max(initial=0), rows.second.max(initial=0)))
        _check_size(lines, n, None)
        return n, None
    axes, extent = _DIMENSIONS[kind], int(size)
    n = extent**axes
    _check_size(lines, n, None)
    # The couplings of an SK sample that are 0 may be left out, those of a torus are all there.
    return n, None if kind == "sk" else axes * n


def _read_edges(lines: Lines, base: int | None) -> Instance:
    rows = lines.rows(0, fields=True)
    first = int(min(rows.first.min(), rows.second.min()))
    if base is None:
        base = 0 if first <= 0 else 1
    n = int(max(rows.first.max(), rows.second.max())) + 1 - base
    if first < base:
        row = int(np.argmax(np.minimum(rows.first, rows.second) < base))
        raise lines.error(f"spins from {base} on", str(first), row)
    _check_size(lines, n, None)
    (edges, values), fields = _split(lines, rows, 0, n, base)
    return _instance(lines, "edges", n, edges, values, fields=fields)


def _counted(lines: Lines, things: str) -> tuple[int, Rows]:
    """Read ``n m`` and the m lines that follow."""
    n, m = lines.integers(0, "n m")
    _check_size(lines, n, 0)
    if m < 1:
        raise lines.error(f"at least one of the {things}", str(m), 0)
    rows = lines.rows(1)
    if len(rows.value) != m:
        row = m + 1 if len(rows.value) > m else None
        raise lines.error(f"{m} {things}, as line 1 says", str(len(rows.value)), row)
    return n, rows


def _check_size(lines: Lines, n: int, row: int | None) -> None:
    if not 2 <= n <= MAX_SPINS:
        raise lines.error(f"2 to {MAX_SPINS} spins", str(n), row)


def _edges(lines: Lines, rows: Rows, places: IntArray, n: int, base: int) -> IntArray:
    """Return the edges from 0 on, refusing loops, repeated edges and spins out of range.

    `places` are the lines of the rows, for errors.
    """
    edges = np.stack([rows.first, rows.second], axis=1) - base
    outside = ((edges < 0) | (edges >= n)).any(axis=1)
    if outside.any():
        row = int(np.argmax(outside))
        wrong = [site for site in edges[row] if not 0 <= site < n]
        span = f"spins from {base} to {n - 1 + base}"
        raise lines.error(span, str(wrong[0] + base), int(places[row]))
    loops = edges[:, 0] == edges[:, 1]
    if loops.any():
        row = int(np.argmax(loops))
        spin = edges[row, 0] + base
        loop = f"an edge of spin {spin} with itself"
        raise lines.error("two different spins", loop, int(places[row]))
    row = _repeated(edges.min(axis=1) * n + edges.max(axis=1))
    if row >= 0:
        pair = " ".join(str(site + base) for site in edges[row])
        raise lines.error("each edge once", f"the edge {pair} again", int(places[row]))
    return edges


def _places(rows: Rows, start: int) -> IntArray:
    return np.arange(start, start + len(rows.value), dtype=np.int64)


def _repeated(keys: IntArray) -> int:
    """Return the first place where a key comes again, or -1."""
    order = np.argsort(keys, kind="stable")
    again = order[1:][keys[order[1:]] == keys[order[:-1]]]
    return int(again.min()) if again.size else -1


def _split(
    lines: Lines, rows: Rows, start: int, n: int, base: int
) -> tuple[tuple[IntArray, FloatArray], FloatArray]:
    """Separate ``i j v`` with its values from ``i i v``; return the latter as an array of n."""
    own = rows.first == rows.second
    places = np.flatnonzero(own)
    sites = rows.first[places] - base
    outside = (sites < 0) | (sites >= n)
    if outside.any():
        wrong = int(np.argmax(outside))
        span = f"spins from {base} to {n - 1 + base}"
        raise lines.error(span, str(sites[wrong] + base), start + int(places[wrong]))
    again = _repeated(sites)
    if again >= 0:
        spin = f"the one of spin {sites[again] + base} again"
        raise lines.error("each field once", spin, start + int(places[again]))
    fields = np.zeros(n)
    fields[sites] = rows.value[places]
    kept = np.flatnonzero(~own)
    pairs = Rows(rows.first[kept], rows.second[kept], rows.value[kept])
    return (_edges(lines, pairs, start + kept, n, base), pairs.value), fields


def _instance(
    lines: Lines,
    kind: str,
    n: int,
    edges: IntArray,
    couplings: FloatArray,
    *,
    fields: FloatArray | None = None,
    objective: Objective | None = None,
    name: str | None = None,
    best: float | None = None,
) -> Instance:
    if not len(edges):
        raise lines.error("at least one coupling", "none")
    bare = _bare(lines.path)
    # COOL numbers directories, not files; names such as ising2.5-100_5555 have no suffix.
    stem = bare.parent.name if bare.name == "latfile" else bare.name
    if bare.suffix.lower() in (*_SUFFIXES, ".mc", ".txt", ".dat", ".rud", ".rudy"):
        stem = bare.stem
    fields = np.zeros(n) if fields is None else fields
    return Instance(n, edges, couplings, fields, name or stem, kind, objective, best)


_READERS: dict[str, Callable[[Lines], Instance]] = {
    "rudy": _read_rudy,
    "qubo": _read_qubo,
    "sg": _read_sg,
    "sgs": _read_sgs,
    "cool": _read_cool,
}

FORMATS = (*_READERS, "edges")
"""Names of the formats that `read` knows."""
