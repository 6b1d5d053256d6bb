"""Observables at draw time: against slow loops, against enumeration, and what is refused."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import kadanoff as kd
import pages
from kadanoff import observables
from kadanoff.observables import Correlations, Recorder, StructureFactor

LATTICES = [
    kd.Chain(7),
    kd.Chain(8, periodic=False),
    kd.Square((4, 6)),
    kd.Square((5, 4), periodic=(True, False)),
    kd.Triangular((3, 6)),
    kd.Honeycomb((3, 4)),
    kd.Cubic((2, 3, 4)),
    kd.Hypercubic((2, 3, 2, 4)),
]
BIPARTITE = [LATTICES[1], LATTICES[2], LATTICES[5], kd.Cubic((2, 4, 6))]
GRAPH = kd.Graph([[0, 1], [1, 2], [2, 0], [2, 3]], 5)
BETA = 0.4


def label(value):
    return repr(value) if isinstance(value, kd.lattices.Lattice) else None


class Fixed:
    """A sampler whose spins stand still."""

    def __init__(self, lattice, q=None, replicas=4, seed=1):
        generator = np.random.default_rng(seed)
        shape = (replicas, *lattice.shape)
        if q is None:
            self.spins = generator.choice(np.array([-1, 1], np.int8), shape)
        else:
            self.spins = generator.integers(0, q, shape, dtype=np.uint8)
        self.model = kd.Ising(lattice) if q is None else kd.Potts(lattice, q)

    @property
    def flat(self):
        return self.spins.reshape(len(self.spins), -1).astype(int)

    def measure(self, *items):
        recorder = Recorder(items, self.model, np.full(len(self.spins), BETA))
        recorder.take(self.spins, {}, 0, 1)
        return {name: series[:, 0] for name, series in recorder.series(1).items()}


def product(a, b, q=None):
    """What two spins contribute to a correlation."""
    return a * b if q is None else (q * (a == b) - 1.0) / (q - 1.0)


def order(spins, q):
    """Magnetisation of one row of spins."""
    if q is None:
        return spins.mean()
    return (q * max(np.count_nonzero(spins == k) for k in range(q)) / spins.size - 1) / (q - 1)


@pytest.mark.parametrize("q", [None, 2, 3, 5])
@pytest.mark.parametrize("lattice", [*LATTICES, GRAPH], ids=label)
def test_magnetizations(lattice, q):
    sampler = Fixed(lattice, q)
    found = sampler.measure(observables.Magnetization(), "sublattice_magnetization")
    for replica, spins in enumerate(sampler.flat):
        assert found["magnetization"][replica] == pytest.approx(order(spins, q), abs=1e-12)
        for colour in range(lattice.n_colours):
            members = spins[[i for i in range(spins.size) if lattice.colouring[i] == colour]]
            name = f"sublattice_magnetization_{colour}"
            assert found[name][replica] == pytest.approx(order(members, q), abs=1e-12)


def test_all_kernels_measure_what_the_spins_are():
    """Each model and update: the engine's energy and magnetisation are those of the spins seen."""
    triangular, graph = kd.Triangular((3, 5)), kd.Graph([[0, 1], [1, 2], [2, 0], [2, 3]], 5)
    models = [
        kd.Ising(kd.Square(6), field=0.2),
        kd.Ising(triangular, kd.couplings.bimodal(triangular, seed=1)),
        kd.Ising(graph, [1.0, -0.5, 0.3, 2.0]),
        kd.Potts(kd.Square(4), 3),
        kd.Potts(kd.Honeycomb(2), 200),
    ]
    for model, update in [*((model, "heatbath") for model in models), (models[0], "wolff")]:
        sampler = kd.Sampler(model, BETA, update, replicas=3, seed=1, start="random")
        seen = {
            "h": lambda s, model=model: model.energy(s) / model.lattice.n_sites,
            "top": lambda s: s.reshape(3, -1).max(axis=1),
        }
        run = sampler.sample(3, 2, ["energy", "magnetization", seen, {"m": order_of(model)}])
        np.testing.assert_allclose(run["energy"], run["h"], rtol=1e-12)
        np.testing.assert_allclose(run["magnetization"], run["m"], atol=1e-7)
        np.testing.assert_array_equal(run["top"][:, -1], sampler.spins.reshape(3, -1).max(axis=1))
        assert run["top"].max() > (100 if getattr(model, "q", 0) == 200 else 0)


def order_of(model):
    q = getattr(model, "q", None)
    return lambda spins: [order(row, q) for row in spins.reshape(len(spins), -1).astype(int)]


def test_series_of_the_engine_are_asked_for_by_name():
    make = {"model": kd.Ising(kd.Square(8)), "beta": BETA, "update": "swendsen-wang", "seed": 1}
    default = kd.Sampler(**make).sample(5, 2)
    chosen = kd.Sampler(**make).sample(5, 2, "cluster_size")
    mixed = kd.Sampler(**make).sample(5, 2, ["cluster_size", {"one": lambda s: s[:, 0, 0]}])
    assert list(chosen) == ["cluster_size"]
    for run in (chosen, mixed):
        np.testing.assert_array_equal(run["cluster_size"], default["cluster_size"])
    with pytest.raises(ValueError, match="correlations, got 'cluster_size'"):
        kd.Sampler(kd.Ising(kd.Square(8)), BETA).sample(5, 2, "cluster_size")


def test_magnetization_object_is_what_the_engine_measures():
    sampler = kd.Sampler(kd.Ising(kd.Square(8)), BETA, replicas=3, seed=1)
    both = sampler.sample(4, 2, [observables.Magnetization(), {"mine": lambda s: s.mean((1, 2))}])
    np.testing.assert_array_equal(both["magnetization"], both["mine"])
    np.testing.assert_array_equal(both["magnetization"][:, -1], sampler.magnetization)


@pytest.mark.parametrize("lattice", BIPARTITE, ids=label)
def test_staggered_magnetization(lattice):
    sampler = Fixed(lattice)
    found = sampler.measure("staggered_magnetization")["staggered_magnetization"]
    for replica, spins in enumerate(sampler.flat):
        total = sum(-s if c else s for s, c in zip(spins, lattice.colouring, strict=True))
        assert found[replica] == pytest.approx(total / lattice.n_sites, abs=1e-12)


@pytest.mark.parametrize("q", [None, 3])
@pytest.mark.parametrize("lattice", [*LATTICES, GRAPH], ids=label)
def test_overlaps(lattice, q):
    sampler = Fixed(lattice, q, replicas=6)
    found = sampler.measure("overlap", *([] if q else ["link_overlap"]))
    for k in range(3):
        a, b = sampler.flat[2 * k : 2 * k + 2]
        expected = {"overlap": np.mean([product(x, y, q) for x, y in zip(a, b, strict=True)])}
        if q is None:
            links = [a[i] * a[j] * b[i] * b[j] for i, j in lattice.bonds]
            expected["link_overlap"] = np.mean(links)
        for name, value in expected.items():
            assert found[name][2 * k : 2 * k + 2] == pytest.approx([value] * 2, abs=1e-12)


@pytest.mark.parametrize("q", [None, 2, 4])
@pytest.mark.parametrize("lattice", LATTICES, ids=label)
def test_structure_factor(lattice, q):
    sampler = Fixed(lattice, q)
    found = sampler.measure("structure_factor")
    momenta = [np.zeros(lattice.ndim), *lattice.momenta()]
    assert len(found) == 1 + sum(lattice.periodic)
    for number, k in enumerate(momenta):
        waves = [np.exp(1j * (k @ r)) for r in lattice.positions]
        for replica, spins in enumerate(sampler.flat):
            pairs = itertools.product(zip(spins, waves, strict=True), repeat=2)
            total = sum(product(a, b, q) * u * v.conjugate() for (a, u), (b, v) in pairs)
            value = found[f"structure_factor_{number}"][replica]
            assert value == pytest.approx(total.real / lattice.n_sites, abs=1e-5)


def test_structure_factor_at_given_momenta_and_of_overlaps():
    sampler = Fixed(kd.Square((4, 6)))
    k = [[np.pi, np.pi], [0.0, np.pi / 3]]
    found = sampler.measure(StructureFactor(k, name="mine"), StructureFactor(overlap=True))
    signs = (-1.0) ** np.indices((4, 6)).sum(axis=0)
    expected = (sampler.spins * signs).sum(axis=(1, 2)) ** 2 / 24
    np.testing.assert_allclose(found["mine_0"], expected, atol=1e-5)
    overlap = sampler.measure("overlap")["overlap"]
    np.testing.assert_allclose(found["overlap_structure_factor_0"], 24 * overlap**2, atol=1e-5)
    waves = np.exp(2j * np.pi * np.arange(6) / 6)
    sums = (sampler.spins[0::2] * sampler.spins[1::2] * waves).sum(axis=(1, 2))
    expected = np.repeat(np.abs(sums) ** 2 / 24, 2)
    np.testing.assert_allclose(found["overlap_structure_factor_2"], expected, atol=1e-5)


@pytest.mark.parametrize("q", [None, 2, 3])
@pytest.mark.parametrize("lattice", LATTICES, ids=label)
def test_correlations(lattice, q):
    sampler = Fixed(lattice, q)
    for axis in range(lattice.ndim):
        extent, periodic = lattice.extents[axis], lattice.periodic[axis]
        found = sampler.measure(Correlations(axis, extent - 1))
        for r in range(1, extent):
            shifted = np.roll(sampler.spins, -r, axis=axis + 1).astype(int)
            products = np.moveaxis(product(sampler.spins, shifted, q), axis + 1, 1)
            expected = products[:, : extent if periodic else extent - r]
            expected = expected.reshape(len(expected), -1).mean(axis=1)
            np.testing.assert_allclose(found[f"correlations_{r}"], expected, atol=1e-12)


def test_default_distance_of_correlations():
    names = list(Fixed(kd.Square((6, 5), periodic=(True, False))).measure(Correlations(0)))
    assert names == ["correlations_1", "correlations_2", "correlations_3"]
    names = list(Fixed(kd.Square((6, 5), periodic=(True, False))).measure("correlations"))
    assert names == [f"correlations_{r}" for r in (1, 2, 3, 4)]


def test_sums_over_many_sites_are_exact():
    """More sites than float32 can count one by one, ordered but for one spin."""
    spins = np.ones((1, 2**24 + 3), np.int8)
    spins[0, -1] = -1
    total = observables.base.project(spins, np.ones((spins.size, 1), np.float32))
    assert total[0, 0] == spins.size - 2


def test_a_draw_measures_the_spins_that_are_there():
    """All observables of one draw see the same spins, and the trajectory is the compiled one."""
    make = {"model": kd.Ising(kd.Square(8), field=0.1), "beta": BETA, "replicas": 4, "seed": 5}
    plain, asked = kd.Sampler(**make), kd.Sampler(**make)
    first = plain.sample(draws=6, every=3)
    run = asked.sample(
        6, 3, ["energy", "magnetization", "structure_factor", {"corner": lambda s: s[:, 0, :2]}]
    )
    for name in ("energy", "magnetization"):
        np.testing.assert_array_equal(run[name], first[name])
    np.testing.assert_allclose(run["structure_factor_0"], 64 * run["magnetization"] ** 2, atol=1e-5)
    np.testing.assert_array_equal(run["corner_1"][:, -1], asked.spins[:, 0, 1])
    assert (run.first_sweep, run.every, asked.sweep) == (3, 3, 18)
    np.testing.assert_array_equal(asked.spins, plain.spins)


def test_what_is_asked_for_is_all_there_is():
    make = {"model": kd.Ising(kd.Square(8)), "beta": BETA, "replicas": 2, "seed": 5}
    default = kd.Sampler(**make).sample(3)
    assert list(default) == ["energy", "magnetization"]
    energy = kd.Sampler(**make).sample(3, observables="energy")
    assert list(energy) == ["energy"]
    np.testing.assert_array_equal(energy["energy"], default["energy"])
    assert list(kd.Sampler(**make).sample(3, observables=["overlap"])) == ["overlap"]


def test_functions_get_spins_that_they_cannot_change():
    def spoil(spins):
        spins[...] = 1

    sampler = kd.Sampler(kd.Ising(kd.Square(8)), BETA, seed=1)
    with pytest.raises(ValueError, match="read-only"):
        sampler.sample(2, observables={"spoil": spoil})


@pytest.mark.parametrize("done", [0, 3])
def test_ctrl_c_keeps_whole_draws(done):
    calls = itertools.count()

    def stop(spins):
        if next(calls) == done:
            raise KeyboardInterrupt
        return spins.sum(axis=(1, 2))

    sampler = kd.Sampler(kd.Ising(kd.Square(8)), BETA, replicas=2, seed=1)
    with pytest.raises(kd.Interrupted) as caught:
        sampler.sample(10, 2, ["energy", {"total": stop}])
    assert str(caught.value) == f"[sample] stopped after {done} of 10 draws"
    assert sampler.sweep == 2 * (done + 1)
    if done == 0:
        assert caught.value.run is None
        return
    expected = kd.Sampler(kd.Ising(kd.Square(8)), BETA, replicas=2, seed=1).sample(3, 2)
    np.testing.assert_array_equal(caught.value.run["energy"], expected["energy"])
    np.testing.assert_array_equal(caught.value.run["total"], 64 * expected["magnetization"])


@pytest.mark.parametrize(
    ("items", "lattice", "error", "text"),
    [
        ([], None, ValueError, "expected at least one observable, got none"),
        (
            "spin",
            None,
            ValueError,
            "expected an observable among energy, magnetization, staggered_magnetization, "
            "sublattice_magnetization, overlap, link_overlap, structure_factor, "
            "overlap_structure_factor, correlations, got 'spin'",
        ),
        (7, None, TypeError, "expected a list of observables, got 7"),
        (
            [7],
            None,
            TypeError,
            "expected a name, an observable or a dict from a name to a function, got 7",
        ),
        (
            len,
            None,
            TypeError,
            "expected a name, an observable or a dict from a name to a function, "
            "got <built-in function len>",
        ),
        (
            [Correlations],
            None,
            TypeError,
            "expected an observable such as Correlations(), got the class",
        ),
        (
            ["energy", "energy"],
            None,
            ValueError,
            "expected each observable once, got 'energy' twice",
        ),
        (
            {"energy": np.sum},
            None,
            ValueError,
            "expected a name of your own, got 'energy'",
        ),
        ({"x": 1}, None, TypeError, "expected a function of the spins as 'x', got 1"),
        (
            {"x y": np.sum},
            None,
            ValueError,
            "expected an identifier as name of an observable, got 'x y'",
        ),
        (
            {"beta": np.sum},
            None,
            ValueError,
            "expected an identifier as name of an observable, got 'beta'",
        ),
        (
            {"x": lambda s: s[:2].sum((1, 2))},
            None,
            ValueError,
            "expected shape (3,) or (3, k) from 'x', got shape (2,)",
        ),
        (
            {"x": lambda s: np.full(len(s), np.nan)},
            None,
            ValueError,
            "expected finite numbers from 'x', got NaN or infinity",
        ),
        (
            {"x": lambda s: ["a"] * len(s)},
            None,
            TypeError,
            "expected real numbers from 'x', got dtype <U1",
        ),
        (
            "overlap",
            None,
            ValueError,
            "expected an even number of replicas at each beta for overlap, got 3 at 0.4",
        ),
        (
            "staggered_magnetization",
            kd.Triangular(6),
            ValueError,
            "expected a lattice of two colours for staggered_magnetization, got 3: Triangular(6)",
        ),
        (
            "structure_factor",
            kd.Graph([[0, 1]], 2),
            ValueError,
            "expected a lattice with positions for structure_factor, got Graph([[0, 1]], n=2)",
        ),
        (
            "correlations",
            kd.Graph([[0, 1]], 2),
            ValueError,
            "expected a lattice with axis -1 for correlations, got Graph([[0, 1]], n=2)",
        ),
        (
            Correlations(2),
            kd.Square(4),
            ValueError,
            "expected a lattice with axis 2 for correlations, got Square(4)",
        ),
        (
            Correlations(distance=4),
            kd.Square(4),
            ValueError,
            "expected correlations to a distance of at most 3, got 4",
        ),
        (
            StructureFactor([[1.0]], name="x"),
            kd.Square(4),
            ValueError,
            "expected momenta of 2 components for x, got 1",
        ),
    ],
)
def test_bad_requests(items, lattice, error, text):
    sampler = Fixed(lattice or kd.Square(4), replicas=3)
    with pytest.raises(error) as caught:
        Recorder(items, sampler.model, np.full(3, BETA)).take(sampler.spins, {}, 0, 1)
    assert str(caught.value) == f"[sample] {text}"


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("specific_heat", "energy"),
        ("abs_magnetization", "magnetization"),
        ("staggered_binder", "staggered_magnetization"),
        ("overlap_squared", "overlap"),
        ("spin_glass_susceptibility", "overlap"),
        ("correlation_length", "structure_factor"),
        ("overlap_correlation_length", "overlap_structure_factor"),
    ],
)
def test_what_a_summary_makes_is_not_measured(name, source):
    sampler = kd.Sampler(kd.Ising(kd.Square(4)), BETA, replicas=2, seed=1)
    with pytest.raises(ValueError, match=r"^\[sample\] expected an observable among ") as caught:
        sampler.sample(2, observables=[name])
    assert str(caught.value).endswith(f"got {name!r}: run.summary() makes it of {source!r}")
    assert name in sampler.sample(50, observables=[source]).summary()


def test_observables_show_their_parameters():
    shown = {
        observables.Overlap(): "Overlap()",
        observables.SublatticeMagnetization(): "SublatticeMagnetization()",
        Correlations(0, 3): "Correlations(axis=0, distance=3, name='correlations')",
        StructureFactor(): "StructureFactor(overlap=False, name='structure_factor')",
        StructureFactor(
            [[0, 1]], name="k"
        ): "StructureFactor(momenta=[[0.0, 1.0]], overlap=False, name='k')",
    }
    for observable, text in shown.items():
        assert repr(observable) == text
        assert repr(eval(text, vars(observables))) == text


def test_pairs_share_a_beta_and_a_potts_model_has_no_link_overlap():
    model = kd.Ising(kd.Square(4))
    with pytest.raises(ValueError, match="at each beta for overlap, got 3 at 1"):
        Recorder("overlap", model, np.array([1.0, 1.0, 1.0, 2.0]))
    with pytest.raises(ValueError, match="replicas 2 and 3 at one beta for overlap, got 1 and 2"):
        Recorder("overlap", model, np.array([1.0, 1.0, 1.0, 2.0, 1.0, 2.0]))
    model = kd.Potts(kd.Square(4), q=3)
    for name in ("link_overlap", "staggered_magnetization", "overlap_structure_factor"):
        with pytest.raises(TypeError, match=f"expected spins -1 and 1 for {name}, got"):
            Recorder(name, model, np.ones(2))


def test_a_function_gives_as_many_numbers_at_each_draw():
    sizes = iter([2, 3])
    sampler = kd.Sampler(kd.Ising(kd.Square(4)), BETA, seed=1)
    with pytest.raises(ValueError, match="expected 2 numbers from 'x' at each draw, got 3"):
        sampler.sample(2, observables={"x": lambda s: np.zeros((1, next(sizes)))})


def test_momenta_need_a_name():
    with pytest.raises(TypeError) as caught:
        StructureFactor([[0.0, 1.0]])
    assert str(caught.value) == (
        "[StructureFactor] expected a name of its own for given momenta, got None"
    )
    with pytest.raises(ValueError, match=r"expected momenta of shape \(momentum, axis\), got"):
        StructureFactor([0.0, 1.0], name="x")
    with pytest.raises(ValueError, match="expected finite momenta"):
        StructureFactor([[np.inf]], name="x")


def test_the_page_on_observables_runs(capsys):
    """The numbers it makes are held to what is known of them."""
    assert len(pages.blocks("docs/observables.md")) == 4
    names = pages.run("docs/observables.md")
    peak = names["means"].peak("specific_heat")
    assert abs(peak.beta - 0.4315) < 4.0 * peak.beta_error < 0.01  # Kaufman's, at this size
    near = names["draws"].summary(beta=0.44)
    exact = kd.exact.kaufman((16, 16), beta=0.44).energy
    assert abs(near["energy"].mean - exact) < 4.0 * near["energy"].standard_error < 0.05
    assert near["correlations_1"].mean == pytest.approx(-near["energy"].mean / 2, abs=0.02)
    assert abs(names["crossing"].x - 0.44069) < 4.0 * names["crossing"].x_error < 0.01
    assert "spin_glass_susceptibility" in capsys.readouterr().out
