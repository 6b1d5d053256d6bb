"""``kadanoff rbm``: restricted Boltzmann machines from data to likelihoods."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

_DATA, _RUN, _FILES = "Machine and data", "Computation", "Files and output"
DATA_HELP = (
    "digits; bars-and-stripes or bars-and-stripes:4x6; ising:8:2.27 or ising:8x16:2.27:5000 "
    "(extents, temperature, number); mnist:FOLDER; or a file: .npy, .npz (file.npz:name), IDX "
    "(.gz too)."
)

app = typer.Typer(
    name="rbm",
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


def _option(flag: str, panel: str, help_text: str, default: Any = False) -> Any:
    """Declare an option; None stands for "not given", so that a configuration file can give it."""
    return typer.Option(flag, help=help_text, rich_help_panel=panel, show_default=default)


Data = Annotated[str, typer.Argument(metavar="DATA", help=DATA_HELP, show_default=False)]
Machine = Annotated[
    Path,
    typer.Argument(
        metavar="MACHINE.h5", help="Of rbm train, RBM.save or RBMTrainer.save.", show_default=False
    ),
]
Seed = Annotated[int, typer.Option("--seed", help="0 to 2^64 - 1.", rich_help_panel=_RUN)]
Threads = Annotated[
    int | None,
    typer.Option("--threads", help="CPU threads.", rich_help_panel=_RUN, show_default="all"),
]
Threshold = Annotated[
    float, typer.Option("--threshold", help="Grey values above are 1.", rich_help_panel=_DATA)
]
Json = Annotated[
    Path | None,
    typer.Option(
        "--json",
        help="The table as JSON; - is stdout.",
        rich_help_panel=_FILES,
        show_default=False,
    ),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", help="Print only warnings and errors.", rich_help_panel=_FILES)
]


@app.callback(invoke_without_command=True)
def _root(context: typer.Context) -> None:
    """Restricted Boltzmann machines: train, sample, score."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def train(
    context: typer.Context,
    data: Data,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            help="Machine and training, .h5.",
            rich_help_panel=_FILES,
            show_default=False,
        ),
    ],
    hidden: Annotated[int | None, _option("--hidden", _DATA, "Hidden units.", "100")] = None,
    visible_units: Annotated[
        str | None, _option("--visible-units", _DATA, "binary (0, 1) or spin (-1, 1).", "binary")
    ] = None,
    hidden_units: Annotated[
        str | None, _option("--hidden-units", _DATA, "binary or spin.", "binary")
    ] = None,
    held_out: Annotated[
        float | None,
        _option("--held-out", _DATA, "Share of the data to hold out.", "0.2; bars-and-stripes 0"),
    ] = None,
    threshold: Annotated[
        float | None, _option("--threshold", _DATA, "Grey values above are 1.", "0.5")
    ] = None,
    epochs: Annotated[
        int | None, _option("--epochs", _RUN, "", "50, or 1500 minibatches if more")
    ] = None,
    method: Annotated[
        str | None,
        _option("--method", _RUN, "pcd, cd, pt, trajectory or exact; see RBMTrainer.", "pcd"),
    ] = None,
    k: Annotated[int | None, _option("-k", _RUN, "Gibbs steps for a minibatch.", "1")] = None,
    batch_size: Annotated[
        int | None, _option("--batch-size", _RUN, "", "a hundredth of the samples, 10 to 100")
    ] = None,
    chains: Annotated[int | None, _option("--chains", _RUN, "Persistent chains.", "1000")] = None,
    optimizer: Annotated[str | None, _option("--optimizer", _RUN, "adam or sgd.", "sgd")] = None,
    learning_rate: Annotated[
        float | None, _option("--learning-rate", _RUN, "", "0.05 of sgd, 0.002 of adam")
    ] = None,
    weight_decay: Annotated[float | None, _option("--weight-decay", _RUN, "L2.", "0")] = None,
    centred: Annotated[
        bool | None, _option("--centred/--not-centred", _RUN, "Learn centred units.", "centred")
    ] = None,
    precision: Annotated[
        str | None, _option("--precision", _RUN, "Of the chains: float32 or fixed16.", "float32")
    ] = None,
    every: Annotated[
        int | None, _option("--every", _RUN, "Epochs between likelihoods.", "a tenth of all")
    ] = None,
    patience: Annotated[
        int | None,
        _option(
            "--patience",
            _RUN,
            "Stop when the best held-out likelihood is so many likelihoods old, and keep its "
            "machine.",
        ),
    ] = None,
    ais_chains: Annotated[
        int | None, _option("--ais-chains", _RUN, "Where log Z is not exact.", "500")
    ] = None,
    ais_betas: Annotated[
        int | None, _option("--ais-betas", _RUN, "Steps of their ladder.", "enough")
    ] = None,
    seed: Annotated[int | None, _option("--seed", _RUN, "0 to 2^64 - 1.", "1")] = None,
    threads: Annotated[int | None, _option("--threads", _RUN, "CPU threads.", "all")] = None,
    config: Annotated[
        Path | None, _option("--config", _FILES, "TOML with these options as keys.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from --out.", rich_help_panel=_FILES)
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace --out.", rich_help_panel=_FILES)
    ] = False,
    figures: Annotated[
        Path | None, _option("--figures", _FILES, "Folder for weights, samples, spectrum, ...")
    ] = None,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Train a machine; log Z is exact up to 24 units in a layer, else by AIS."""
    from .settings import TrainSettings, gather
    from .training import Outputs, train_and_report

    given = {name: context.params[name] for name in TrainSettings.model_fields}
    outputs = Outputs(out, figures, json, resume, force, quiet)
    raise typer.Exit(train_and_report(data, gather(given, config), outputs))


@app.command()
def sample(
    machine: Machine,
    chains: Annotated[
        int, typer.Option("--chains", help="Independent chains.", rich_help_panel=_RUN)
    ] = 100,
    steps: Annotated[
        int, typer.Option("--steps", help="Gibbs steps of each.", rich_help_panel=_RUN)
    ] = 1000,
    beta: Annotated[
        float, typer.Option("--beta", help="Inverse temperature.", rich_help_panel=_RUN)
    ] = 1.0,
    precision: Annotated[
        str, typer.Option("--precision", help="float32 or fixed16.", rich_help_panel=_RUN)
    ] = "float32",
    check: Annotated[
        bool,
        typer.Option(
            "--check/--no-check",
            help="Also run chains from starts far apart, and warn if they disagree.",
            rich_help_panel=_RUN,
        ),
    ] = True,
    seed: Seed = 1,
    threads: Threads = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="Last states: visible units as .npy, or both layers as .npz.",
            rich_help_panel=_FILES,
            show_default=False,
        ),
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option(
            "--figure",
            help="Visible units as tiles: .png, .pdf or .svg.",
            rich_help_panel=_FILES,
            show_default=False,
        ),
    ] = None,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Sample a machine, and tell whether the chains mix."""
    from .sampling import SampleOutputs, SampleSettings, sample_and_report

    settings = SampleSettings(chains, steps, beta, seed, precision, threads, check)
    outputs = SampleOutputs(out, figure, json, quiet)
    raise typer.Exit(sample_and_report(machine, settings, outputs))


@app.command()
def score(
    machine: Machine,
    data: Data,
    threshold: Threshold = 0.5,
    ais_chains: Annotated[
        int, typer.Option("--ais-chains", help="Chains for log Z.", rich_help_panel=_RUN)
    ] = 1000,
    ais_betas: Annotated[
        int | None,
        typer.Option(
            "--ais-betas",
            help="Steps of their ladder.",
            rich_help_panel=_RUN,
            show_default="enough",
        ),
    ] = None,
    steps: Annotated[
        int,
        typer.Option("--steps", help="Of the chains that data meet.", rich_help_panel=_RUN),
    ] = 1000,
    seed: Seed = 1,
    threads: Threads = None,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Measure log Z, the likelihood of data, and their distance from samples."""
    from .likelihood import AIS
    from .scoring import ScoreSettings, score_and_report

    settings = ScoreSettings(threshold, steps, AIS(ais_chains, ais_betas, seed, threads))
    raise typer.Exit(score_and_report(machine, data, settings, json, quiet=quiet))
