"""Sphinx configuration; `sphinx-build -W docs docs/_build` also runs the gallery."""

import sys
from pathlib import Path

import kadanoff

sys.path.insert(0, str(Path(__file__).parent))

project = "Kadanoff"
author = "The Kadanoff developers"
copyright = "The Kadanoff developers"
version = release = kadanoff.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
    "sphinx_gallery.gen_gallery",
]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build", "gallery/README.rst"]
html_theme = "furo"
autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_numpy_docstring = True
napoleon_use_rtype = False
# The words of a type, such as shape, are looked up as names, and several classes have a shape.
suppress_warnings = ["ref.python"]
sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "filename_pattern": r"\.py$",
    "abort_on_example_error": True,
    "min_reported_time": 1,
    "reset_modules": ("matplotlib", "gallery_style.reset"),
}
