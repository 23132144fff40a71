"""Run by ``.peers/venv``, never by ours: reads the driving network of a PBF with pyrosm, and nothing more.

``peers_pyrosm.py FILE.osm.pbf``. Its process is measured from outside.
"""

from __future__ import annotations

import sys

from pyrosm import OSM  # type: ignore[import-not-found]


def main(pbf: str) -> None:
    nodes, edges = OSM(pbf).get_network(network_type="driving", nodes=True)
    sys.stdout.write(f"{len(nodes)} nodes, {len(edges)} edges\n")


if __name__ == "__main__":
    main(sys.argv[1])
