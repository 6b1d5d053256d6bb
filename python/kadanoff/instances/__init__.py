r"""Instances of optimisation problems from files: max-cut, QUBO and spin glasses.

`read` turns the formats of the common libraries into an `Instance`: couplings and fields of

.. math:: H = -\sum_{ij} J_{ij} s_i s_j - \sum_i h_i s_i, \qquad s_i = \pm 1 ,

with the map back to what the file asks for, such as the value of a cut.

====== ================================================ =========================================
format lines                                            meaning of v
====== ================================================ =========================================
rudy   ``n m``, then ``i j v``; 1-based. Biq Mac,       weight of a cut edge; J = -v and
       ``.mc``, Gset, the DIMACS torus files            cut = (sum v - H) / 2, maximised
qubo   ``n m``, then ``i j v`` or ``i i v``; 1-based.   Q_ij = Q_ji of x.Q.x, minimised over
       Biq Mac ``.sparse``, ``.bq``                     x = (1 + s) / 2
sg     ``n m``, then ``i j v``; 1-based. ``.gsg`` too   J = v
sgs    ``type:``, ``size:``, ``name:``, then            J = v
       ``i j v``; 1-based. Spin Glass Server
cool   ``n``, then ``i j v`` or ``i i v``; 0-based.     J = -v, h = -v
       COOL ``latfile``
edges  ``i j v``, ``i i v`` or ``i v``; 0- or 1-based   J = v, h = v
====== ================================================ =========================================

>>> import tempfile
>>> from pathlib import Path
>>> path = Path(tempfile.mkdtemp()) / "triangle.mc"
>>> _ = path.write_text("3 3\n1 2 1\n2 3 1\n1 3 1\n")
>>> triangle = read(path)
>>> triangle
Instance(triangle, rudy: 3 spins, 3 edges)
>>> float(triangle.cut([1, 1, -1])), float(triangle.energy([1, 1, -1]))
(2.0, -1.0)
"""

from __future__ import annotations

from .formats import FORMATS, read
from .instance import Instance

__all__ = ["FORMATS", "Instance", "read"]
