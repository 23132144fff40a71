"""Does the road network go far enough beyond the département? If not, border communes become false gaps."""

from __future__ import annotations

import math

from data.territory import Extent, territory

#: Half an hour at the fastest driven speed (motorway, 115 km/h: IGN road2, see routing.profile): nobody within the
#: threshold comes from farther.
MARGIN_KM = 57.5
#: Extents of territories are rounded outwards to a tenth of a degree.
TOLERANCE_DEG = 0.12
_KM_PER_DEGREE = 111.2


def margin_warning(code: str, departement: Extent, network: Extent) -> str | None:
    """A French sentence naming the sides where the network is cut too short, None when it goes far enough.

    Extents are (west, south, east, north) in degrees. Only land of neighbouring départements is asked for: the sea
    has no roads.
    """
    neighbours = [territory(other).extent for other in territory(code).neighbours]
    if not neighbours:
        return None
    lat_deg = MARGIN_KM / _KM_PER_DEGREE
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
        f"Le réseau routier s'arrête à moins de {MARGIN_KM:.0f} km du département ({', '.join(short)}) : des lieux d'accueil "
        "voisins peuvent manquer, et des habitants de la limite être comptés non couverts à tort. Importez un extrait "
        "plus large."
    )
