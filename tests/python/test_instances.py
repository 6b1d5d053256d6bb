"""Instance files: what each format means, and how each is refused at the line at fault."""

from __future__ import annotations

import gzip
import itertools
import re
import tracemalloc

import numpy as np
import pytest

import kadanoff as kd
from exact_ground_states import enumerated, square, square_couplings
from kadanoff.instances import FORMATS, read

# The example of the Spin Glass Server's pages, with the ground state that the server found.
SERVER_COUPLINGS = (
    (1, 2, -1.089460678023),
    (2, 3, 0.526296171959),
    (3, 1, 1.492510060258),
    (4, 5, 0.542925533731),
    (5, 6, 0.440804946137),
    (6, 4, -0.555618772831),
    (7, 8, 0.400843564493),
    (8, 9, 0.005781770273),
    (9, 7, -0.283108779696),
    (1, 4, -1.428048251086),
    (2, 5, 0.063139021975),
    (3, 6, 1.529559080159),
    (4, 7, -1.669458764103),
    (5, 8, 0.193231695455),
    (6, 9, 1.291781128584),
    (7, 1, 0.604670335948),
    (8, 2, 0.890948261885),
    (9, 3, -0.822280541834),
)
SERVER_ENERGY = -0.98580397885
SERVER_UP = (2, 4, 5, 8)
SERVER_ROWS = "".join(f"{i} {j} {value}\n" for i, j, value in SERVER_COUPLINGS)

SQUARE_MC = "# a square with a diagonal\n4 5\n1 2 1\n2 3 2\n3 4 -3\n4 1 0.5\n\n1 3 1e1\n"


@pytest.fixture
def written(tmp_path):
    def write(content, name="file.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def all_states(n):
    return np.array(list(itertools.product((-1, 1), repeat=n)), dtype=np.int8)


def direct_energy(instance, state):
    bonds = sum(
        coupling * state[i] * state[j]
        for (i, j), coupling in zip(instance.edges, instance.couplings, strict=True)
    )
    return -bonds - sum(h * s for h, s in zip(instance.fields, state, strict=True))


def test_max_cut(written):
    instance = read(written(SQUARE_MC, "square.mc"))
    assert (instance.n, instance.name, instance.format) == (4, "square", "rudy")
    assert instance.edges.tolist() == [[0, 1], [1, 2], [2, 3], [3, 0], [0, 2]]
    assert instance.couplings.tolist() == [-1.0, -2.0, 3.0, -0.5, -10.0]
    assert (instance.edges.dtype, instance.couplings.dtype) == (np.int64, np.float64)
    assert instance.maximised
    assert instance.best_known is None
    weights = (1.0, 2.0, -3.0, 0.5, 10.0)
    states = all_states(4)
    cuts = [
        sum(w for (i, j), w in zip(instance.edges, weights, strict=True) if state[i] != state[j])
        for state in states
    ]
    assert np.allclose(instance.cut(states), cuts, rtol=0, atol=1e-14)
    assert np.array_equal(instance.cut(states), instance.value(states))
    assert np.argmax(cuts) in np.flatnonzero(
        instance.energy(states) == instance.energy(states).min()
    )


def test_max_cut_of_a_gset_file_without_suffix(written):
    """The complete bipartite graph K_3,3 in the form of Gset: all 9 edges can be cut."""
    rows = "".join(f"{i} {j} 1\n" for i in (1, 2, 3) for j in (4, 5, 6))
    instance = read(written(f" 6 9 \n{rows}", "G0"))
    assert instance.name == "G0"
    assert instance.cut(all_states(6)).max() == 9.0
    assert instance.cut([1, 1, 1, -1, -1, -1]) == 9.0


def test_energy_is_that_of_the_definition(written):
    text = "1 2 0.5\n2 3 -1.25\n1 3 2\n3 0.75\n1 1 -0.5\n"
    instance = read(written(text))
    states = all_states(3)
    direct = [direct_energy(instance, state) for state in states]
    assert np.allclose(instance.energy(states), direct, rtol=0, atol=1e-14)
    assert instance.energy(states.reshape(2, 4, 3)).shape == (2, 4)
    assert np.array_equal(instance.value(states), instance.energy(states))
    assert not instance.maximised


def test_qubo(written):
    entries = {(1, 1): -3.0, (1, 2): 4.0, (3, 2): -2.5, (3, 3): 1.0, (1, 4): 6.0}
    rows = "".join(f"{i} {j} {value}\n" for (i, j), value in entries.items())
    matrix = np.zeros((4, 4))
    for (i, j), value in entries.items():
        matrix[i - 1, j - 1] = matrix[j - 1, i - 1] = value
    for name in ("q.sparse", "q.bq", "q.sparse.gz"):
        text = f"4 5\n{rows}".encode()
        instance = read(written(gzip.compress(text) if name.endswith("gz") else text, name))
        assert (instance.format, instance.name) == ("qubo", "q")
        states = all_states(4)
        bits = (1 + states) // 2
        direct = np.einsum("ri,ij,rj->r", bits, matrix, bits)
        assert np.allclose(instance.value(states), direct, rtol=0, atol=1e-13)
        assert not instance.maximised


@pytest.mark.parametrize(
    "header",
    [
        "type: gauss\nsize: 3\nname: 3x3 system as a test\n",
        "name: 3x3 system as a test\n\n",
        "# comment\nSize : 3\nNAME: 3x3 system as a test\n type: gauss\n",
    ],
)
def test_the_example_of_the_spin_glass_server(written, header):
    """An odd extent, so that the sign of the couplings matters: with -J it would be -1.295."""
    instance = read(written(header + SERVER_ROWS))
    assert (instance.n, instance.format, instance.name) == (9, "sgs", "3x3 system as a test")
    spins = np.where(np.isin(np.arange(1, 10), SERVER_UP), 1, -1)
    assert abs(instance.energy(spins) / 9 - SERVER_ENERGY) < 5e-12 * 40
    lowest = enumerated(9, instance.edges, instance.couplings)
    assert abs(instance.energy(spins) - lowest) < 1e-12
    assert abs(enumerated(9, instance.edges, -instance.couplings) / 9 + 1.2952091328540) < 1e-12


def test_other_types_of_the_spin_glass_server(written):
    sites = np.arange(27).reshape(3, 3, 3) + 1
    rows = "".join(
        f"{i} {j} {1 - 2 * (i % 2)}\n"
        for axis in range(3)
        for i, j in zip(sites.ravel(), np.roll(sites, -1, axis).ravel(), strict=True)
    )
    assert read(written(f"type: pm3\nsize: 3\n{rows}")).n == 27
    complete = read(written("type: sk\nsize: 5\n1 2 0.5\n4 3 -1\n"))
    assert (complete.n, len(complete.edges)) == (5, 2)


def test_sg(written):
    instance = read(written("3 2\n1 2 1.5\n2 3 -0.5\n", "three.sg"))
    assert (instance.format, instance.couplings.tolist()) == ("sg", [1.5, -0.5])
    assert read(written("3 2\n1 2 1.5\n2 3 -0.5\n", "three.gsg")).format == "sg"


def cool_torus(extent, seed):
    """A torus as COOL's files have it: fields of 0, then the bonds up and left, drawn in turn."""
    draw = np.random.RandomState(seed).normal
    n = extent * extent
    rows = [f"{site} {site} 0.0 \n" for site in range(n)]
    for site in range(n):
        y, x = divmod(site, extent)
        up, left = (y - 1) % extent * extent + x, y * extent + (x - 1) % extent
        rows += [f"{site} {other} {-draw()!r} \n" for other in (up, left)]
    return f"{n}\n" + "".join(rows)


def test_a_torus_of_cool_has_the_energy_that_the_spin_glass_server_found(written):
    """COOL's first 10x10 torus comes from NumPy's generator with seed 0.

    The server works with rounded couplings; its energy per spin is good to 1e-7.
    """
    path = written(cool_torus(10, 0), "00000000/latfile")
    assert read(path).best_known is None
    written("-1.336869102", "00000000/gs_energy")
    instance = read(path)
    assert (instance.n, instance.format, instance.name) == (100, "cool", "00000000")
    assert instance.best_known == pytest.approx(-133.6869102, abs=1e-12)
    lowest = square(*square_couplings((10, 10), instance.edges, instance.couplings))
    assert abs(lowest - instance.best_known) < 1e-5


def test_the_signs_of_cool(written):
    """Its energy is sum v s s + sum v s: -1 is a ferromagnetic bond, and +0.44 a field down."""
    instance = read(written("3\n0 1 -1.0\n1 2 -2.0\n2 2 0.44\n"))
    assert instance.energy([-1, -1, -1]) == pytest.approx(-3.44)
    assert instance.fields.tolist() == [0.0, 0.0, -0.44]


def test_plain_edges_count_from_0_or_1(written):
    zero = read(written("0 1 1.0  # a bond\n2 1 -1\n0 0.5\n"))
    one = read(written("1 2 1.0\n3 2 -1\n1 1 0.5\n"))
    for instance in (zero, one):
        assert (instance.n, instance.format) == (3, "edges")
        assert instance.edges.tolist() == [[0, 1], [2, 1]]
        assert instance.fields.tolist() == [0.5, 0.0, 0.0]
    assert read(written("1 2 1.0\n"), base=0).n == 3
    assert read(written("3 2 0.5\n"), format="edges").n == 3


def test_windows_lines_marks_and_gzip(written):
    plain = read(written(SQUARE_MC))
    dos = read(written("\ufeff" + SQUARE_MC.replace("\n", "\r\n")))
    packed = read(written(gzip.compress(SQUARE_MC.encode()), "square.mc.gz"))
    for other in (dos, packed):
        assert np.array_equal(other.edges, plain.edges)
        assert np.array_equal(other.couplings, plain.couplings)
    assert packed.name == "square"


def test_the_model(written):
    model = read(written(SQUARE_MC)).model()
    assert model.lattice.n_sites == 4
    assert np.array_equal(model.lattice.bonds, [[0, 1], [1, 2], [2, 3], [3, 0], [0, 2]])
    assert np.array_equal(model.coupling, [-1.0, -2.0, 3.0, -0.5, -10.0])
    assert model.field == 0.0
    assert np.array_equal(read(written("0 1 1.0\n1 -0.5\n")).model().field, [0.0, -0.5])


MC, EDGES, COOL = "file.mc", "edges.txt", "latfile"
INTEGERS = "an integer as number of a spin"
WRONG_FILES = {
    "empty": (MC, "", "an instance, got an empty file"),
    "comments only": (MC, "# nothing\n\n", "an instance, got an empty file"),
    "binary": (MC, b"3 1\n1 2\0 1\n", "a text file, got binary data"),
    "not utf-8": (MC, b"3 1\n1 2 \xff\n", "a text file, got binary data"),
    "damaged gzip": (
        MC,
        gzip.compress(b"2 1\n1 2 1\n")[:-5] + b"12345",
        "a whole gzip file, got a damaged one",
    ),
    "truncated gzip": (
        MC,
        gzip.compress(b"2 1\n1 2 1\n" * 99)[:-9],
        "a whole gzip file, got a truncated one",
    ),
    "header of words": (
        MC,
        "graph\n1 2 3\n",
        "a line 'n m', 'n', 'i j v' or 'type: ...', got 'graph'",
        1,
    ),
    "header of four": (
        MC,
        "1 2 3 4\n",
        "a line 'n m', 'n', 'i j v' or 'type: ...', got '1 2 3 4'",
        1,
    ),
    "too few edges": (MC, "3 3\n1 2 1\n2 3 1\n", "3 edges, as line 1 says, got 2"),
    "truncated in a line": (MC, "3 2\n1 2 1\n2 3", "a line 'i j v', got '2 3'", 3),
    "too many edges": (MC, "3 1\n1 2 1\n\n2 3 1\n", "1 edges, as line 1 says, got 2", 4),
    "trailing words": (MC, "3 2\n1 2 1\n2 3 1 x\n", "a line 'i j v', got '2 3 1 x'", 3),
    "trailing garbage": (MC, "3 1\n1 2 1\nend\n", "a line 'i j v', got 'end'", 3),
    "no edges": (MC, "3 0\n", "at least one of the edges, got 0", 1),
    "one spin": (MC, "1 1\n1 1 1\n", "2 to 134217728 spins, got 1", 1),
    "no spins": (MC, "0 1\n1 2 1\n", "2 to 134217728 spins, got 0", 1),
    "absurd spins": (MC, "99999999999 1\n1 2 1\n", "2 to 134217728 spins, got 99999999999", 1),
    "negative spins": (MC, "-3 1\n1 2 1\n", "2 to 134217728 spins, got -3", 1),
    "loop": (
        MC,
        "3 2\n1 2 1\n3 3 1\n",
        "two different spins, got an edge of spin 3 with itself",
        3,
    ),
    "edge twice": (MC, "3 3\n1 2 1\n2 3 1\n1 2 5\n", "each edge once, got the edge 1 2 again", 4),
    "edge both ways": (
        MC,
        "3 3\n1 2 1\n# c\n2 3 1\n2 1 1\n",
        "each edge once, got the edge 2 1 again",
        5,
    ),
    "spin too large": (MC, "3 2\n1 2 1\n2 4 1\n", "spins from 1 to 3, got 4", 3),
    "spin 0": (MC, "3 2\n1 2 1\n0 2 1\n", "spins from 1 to 3, got 0", 3),
    "huge spin": (
        MC,
        "3 1\n1 99999999999999999999 1\n",
        "numbers of spins up to 134217728, got 99999999999999999999",
        2,
    ),
    "spin 1.0": (MC, "3 1\n1.0 2 1\n", f"{INTEGERS}, got '1.0'", 2),
    "nan": (MC, "3 2\n1 2 1\n2 3 nan\n", "a finite number, got 'nan'", 3),
    "inf": (MC, "3 2\n1 2 -inf\n2 3 1\n", "a finite number, got '-inf'", 2),
    "overflow": (MC, "3 2\n1 2 1e999\n2 3 1\n", "a finite number, got '1e999'", 2),
    "weight of letters": (MC, "3 2\n1 2 one\n2 3 1\n", "a finite number, got 'one'", 2),
    "weight with underscore": (MC, "3 2\n1 2 1_0\n2 3 1\n", "a finite number, got '1_0'", 2),
    "entry twice": (
        "q.bq",
        "3 3\n1 1 1\n2 3 1\n1 1 2\n",
        "each field once, got the one of spin 1 again",
        4,
    ),
    "diagonal too large": ("q.bq", "3 2\n4 4 1\n2 3 1\n", "spins from 1 to 3, got 4", 2),
    "only a diagonal": ("q.bq", "3 1\n1 1 1\n", "at least one coupling, got none"),
    "sg loop": (
        "a.sg",
        "3 1\n2 2 1\n",
        "two different spins, got an edge of spin 2 with itself",
        2,
    ),
    "cool without bonds": (COOL, "2\n0 0 1.0\n", "at least one coupling, got none"),
    "cool from 1": (COOL, "3\n1 2 1\n2 3 1\n", "spins from 0 to 2, got 3", 3),
    "cool of one spin": (COOL, "1\n0 0 1\n", "2 to 134217728 spins, got 1", 1),
    "cool pair twice": (
        COOL,
        "3\n0 1 1\n1 1 0\n1 0 2\n",
        "each edge once, got the edge 1 0 again",
        4,
    ),
    "cool field": (COOL, "3\n0 1 1\n1 0.5\n", "a line 'i j v', got '1 0.5'", 3),
    "server type": (
        EDGES,
        "type: xy\nsize: 3\n1 2 1\n",
        "a type of pm, gauss, pm3, gauss3, sk, got 'xy'",
    ),
    "server size": (EDGES, "type: pm\nsize: big\n1 2 1\n", "an integer as size, got 'big'"),
    "server header twice": (
        EDGES,
        "type: pm\nsize: 3\ntype: pm\n",
        "one line 'type:', got a second one",
        3,
    ),
    "server count": (
        EDGES,
        "type: pm\nsize: 3\n1 2 1\n",
        "18 couplings, as pm of size 3 has, got 1",
    ),
    "server header only": (EDGES, "name: x\n", "2 to 134217728 spins, got 0"),
    "server late header": (EDGES, "name: x\n1 2 1\nsize: 3\n", "a line 'i j v', got 'size: 3'", 3),
    "edges twice": (EDGES, "0 1 1\n1 2 1\n1 0 1\n", "each edge once, got the edge 1 0 again", 3),
    "field twice": (
        EDGES,
        "0 1 1\n1 0.5\n1 1 2\n",
        "each field once, got the one of spin 1 again",
        3,
    ),
    "fields only": (EDGES, "0 1.5\n1 2.5\n", "at least one coupling, got none"),
    "edges below 0": (EDGES, "0 1 1\n-1 2 1\n", "spins from 0 on, got -1", 2),
    "edges of four": (EDGES, "0 1 1\n1 2 3 4\n", "a line 'i j v' or 'i v', got '1 2 3 4'", 2),
    "edges of one": (EDGES, "0 1 1.5\n7\n", "a line 'i j v' or 'i v', got '7'", 2),
}


@pytest.mark.parametrize("name", WRONG_FILES)
def test_wrong_files(written, name):
    file, content, text, *line = WRONG_FILES[name]
    path = written(content, file)
    where = f", line {line[0]}" if line else ""
    with pytest.raises(kd.FileError) as caught:
        read(path)
    assert str(caught.value) == f"[read] expected {text}: {path}{where}"


def test_a_wrong_energy_beside_a_latfile(written):
    path = written("3\n0 1 1\n1 2 1\n", "latfile")
    for content, text in {
        "low": "a finite number, got 'low': {}, line 1",
        "1\n2\n": "one energy per spin, got 2 lines: {}",
        "": "an instance, got an empty file: {}",
    }.items():
        beside = written(content, "gs_energy")
        with pytest.raises(kd.FileError, match=re.escape(f"[read] expected {text.format(beside)}")):
            read(path)


def test_wrong_arguments(written):
    path = written("0 1 1\n")
    known = ", ".join(repr(name) for name in ("auto", *FORMATS))
    with pytest.raises(ValueError, match=re.escape(f"format to be one of {known}, got 'gset'")):
        read(path, format="gset")
    with pytest.raises(ValueError, match=re.escape("[read] expected base in [0, 1], got 2")):
        read(path, base=2)
    text = "[read] expected base with format 'edges' only, got it with 'sg'"
    with pytest.raises(ValueError, match=re.escape(text)):
        read(path, format="sg", base=0)
    with pytest.raises(kd.FileError, match=re.escape("spins from 1 on, got 0")):
        read(path, base=1)
    with pytest.raises(FileNotFoundError):
        read(path.with_name("none.mc"))
    instance = read(path)
    text = "[Instance.cut] expected a max-cut instance (rudy), got one of edges"
    with pytest.raises(ValueError, match=re.escape(text)):
        instance.cut([1, 1])
    with pytest.raises(ValueError, match=re.escape("spins of shape (..., 2), got (3,)")):
        instance.energy([1, 1, 1])
    with pytest.raises(ValueError, match="spins -1 and 1, got others"):
        instance.energy([1, 0])
    with pytest.raises(AttributeError, match="expected n to stay as it is"):
        instance.n = 3
    with pytest.raises(ValueError, match="read-only"):
        instance.couplings[0] = 2.0


def test_a_small_file_cannot_ask_for_much_memory(written):
    bomb = gzip.compress(b"#" * 2**24 + b"\n2 1\n1 2 1\n")
    tracemalloc.start()
    try:
        assert read(written(bomb, "bomb.mc.gz")).n == 2
        with pytest.raises(kd.FileError, match="2 to 134217728 spins, got 1099511627777"):
            read(written(f"0 {2**40} 1.0\n"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * 2**24


def test_a_hundred_thousand_edges_are_read_as_written(written):
    rng = np.random.default_rng(1)
    n, m = 50_000, 100_000
    edges = np.unique(np.sort(rng.integers(0, n, (m + 100, 2)), axis=1), axis=0)
    edges = rng.permutation(edges[edges[:, 0] != edges[:, 1]])
    values = rng.normal(size=len(edges))
    rows = [
        f"{i + 1} {j + 1} {v!r}" for (i, j), v in zip(edges.tolist(), values.tolist(), strict=True)
    ]
    instance = read(written("\n".join([f"{n} {len(rows)}", *rows])), format="sg")
    assert np.array_equal(instance.edges, edges)
    assert np.array_equal(instance.couplings, values)
    rows[-1] = rows[-1].replace(" ", ",")
    path = written("\n".join([f"{n} {len(rows)}", *rows]))
    with pytest.raises(kd.FileError, match=f", line {len(rows) + 1}$"):
        read(path)
