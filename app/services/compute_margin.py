"""Does the road network go far enough beyond the département? If not, border communes become false gaps."""

from __future__ import annotations

import math

from data.territory import Extent, territory
from routing.profile import FASTEST_KMH

#: Half an hour at the fastest speed of the mode: nobody within the threshold comes from farther. A car's is the ceiling
#: of every profile (routing.profile.FASTEST_KMH); 30 and 10 km/h are no less than any row of the bicycle's and the
#: walker's tables.
MARGIN_KM = {"car": FASTEST_KMH / 2, "bike": 15.0, "foot": 5.0}
#: Extents of territories are rounded outwards to a tenth of a degree.
TOLERANCE_DEG = 0.12
_KM_PER_DEGREE = 111.2


def margin_warning(code: str, departement: Extent, network: Extent, mode: str = "car") -> str | None:
    """A French sentence naming the sides where the network is cut too short, None when it goes far enough.

    Extents are (west, south, east, north) in degrees. Only land of neighbouring départements is asked for: the sea
    has no roads.
    """
    neighbours = [territory(other).extent for other in territory(code).neighbours]
    if not neighbours:
        return None
    margin_km = MARGIN_KM[mode]
    lat_deg = margin_km / _KM_PER_DEGREE
    lon_deg = lat_deg / math.cos(math.radians((departement[1] + departement[3]) / 2))
    land = [departement, *neighbours]
    wanted = (
        max(departement[0] - lon_deg, min(extent[0] for extent in land)),
        max(departement[1] - lat_deg, min(extent[1] for extent in land)),
        min(departement[2] + lon_deg, max(extent[2] for extent in land)),
        min(departement[3] + lat_deg, max(extent[3] for extent in land)),
    )
    short = [
        name
        for name, missing in (
            ("à l'ouest", network[0] - wanted[0]),
            ("au sud", network[1] - wanted[1]),
            ("à l'est", wanted[2] - network[2]),
            ("au nord", wanted[3] - network[3]),
        )
        if missing > TOLERANCE_DEG
    ]
    if not short:
        return None
    return (
        f"Le réseau routier s'arrête à moins de {margin_km:.0f} km du département ({', '.join(short)}) : des lieux d'accueil "
        "voisins peuvent manquer, et des habitants de la limite être comptés non couverts à tort. Importez un extrait "
        "plus large."
    )
