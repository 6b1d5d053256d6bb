"""What there is without PyTorch."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
sys.modules["torch"] = None
import kadanoff as kd
assert "nn" not in dir(kd)
for use in ("kd.nn", "import kadanoff.nn", "from kadanoff.nn import fit"):
    try:
        exec(use)
    except ImportError as error:
        assert str(error) == "[nn] torch is not installed: pip install 'kadanoff[nn]'", error
    else:
        raise AssertionError(use)
try:
    kd.none
except AttributeError as error:
    assert str(error) == "module 'kadanoff' has no attribute 'none'"
"""


def test_kadanoff_is_imported_and_its_networks_say_what_is_missing() -> None:
    subprocess.run([sys.executable, "-c", CODE], check=True)


def test_kadanoff_does_not_import_torch() -> None:
    code = "import sys, kadanoff; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
