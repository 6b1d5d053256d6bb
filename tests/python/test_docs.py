"""The documentation builds without a warning, and its gallery runs."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sphinx")
pytest.importorskip("torch")
DOCS = Path(__file__).parents[2] / "docs"
GALLERY = (
    "plot_autoregressive",
    "plot_entanglement",
    "plot_order_parameter",
    "plot_pca",
    "plot_phase_transition",
    "plot_phases",
    "plot_rbm",
    "plot_self_learning",
    "plot_tensors",
    "plot_thermometer",
)


def test_pages_build(tmp_path: Path) -> None:
    copy = tmp_path / "docs"
    copy.mkdir()
    for source in DOCS.rglob("*"):
        if source.is_file() and not {"_build", "auto_gallery"} & set(source.parts):
            target = copy / source.relative_to(DOCS)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", copy, tmp_path / "html"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    for page in GALLERY:
        assert (tmp_path / "html" / "auto_gallery" / f"{page}.html").exists()
