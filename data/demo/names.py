"""Invented place and street names: French in their sound, and of no real commune."""

from __future__ import annotations

from collections.abc import Iterator

MAIN_RIVER, SOUTH_RIVER = "La Vaurelle", "L'Ambrole"
PREFECTURE = "Aubrelles-sur-Vaurelle"
BOURGS = (
    "Corvenac-les-Salins",
    "Mornessac",
    "Brévaldun",
    "Port-Sarvenne",
    "Tourmezac",
    "Valdessange",
    "Esquivières-du-Nord",
)
ISLAND_COMMUNE = "L'Île-d'Orsevenne"
VALLEY_END = "Le Fond-de-Vaurelle"
FERRY = "Bac de l'Île-d'Orsevenne (liaison fictive)"
BRIDGE = "Pont de l'Essai"
RING_ROAD = "Rocade d'Aubrelles"
#: road -> its pass
PASSES = {"D 503": "Col de l'Épreuve", "D 510": "Col de la Vaurelle", "D 514": "Col du Grand-Essai"}
EASTBOUND, WESTBOUND = "L'Imaginaire, vers la Haute-Fiction", "L'Imaginaire, vers Aubrelles"
DEPARTEMENT = "Val-d'Essai (département fictif)"
NEIGHBOUR = "Haute-Fiction (département fictif)"

_STARTS = (
    "Aubre",
    "Barve",
    "Brédou",
    "Calvre",
    "Cheneva",
    "Corvi",
    "Danve",
    "Estre",
    "Fauvi",
    "Gourde",
    "Haudri",
    "Jarve",
    "Lavre",
    "Maudri",
    "Mornai",
    "Nauvi",
    "Orsa",
    "Paudre",
    "Queyra",
    "Ravel",
    "Sauvre",
    "Tauri",
    "Urvi",
    "Vaudre",
    "Vezou",
    "Yvra",
    "Bosse",
    "Crève",
    "Drouvi",
    "Fonta",
    "Grisa",
    "Laubi",
    "Pervi",
    "Roumé",
    "Thorve",
    "Volva",
)
_ENDS = (
    "nac",
    "ssac",
    "lles",
    "gnes",
    "lieux",
    "zargues",
    "court",
    "vault",
    "nges",
    "tières",
    "dun",
    "roy",
    "mont",
    "sol",
)
_REAL = ("Haudricourt", "Vaudrecourt", "Fontanges")  # communes of France: left out
_SAINTS = (
    "Orbin",
    "Gavrel",
    "Malvien",
    "Truvert",
    "Eusdin",
    "Corvan",
    "Aldrin",
    "Floriac",
    "Bevron",
    "Maustin",
)
_WOMEN = ("Malvie", "Ordonne", "Claurine", "Aubaine")
_TAILS = (
    "-le-Vieux",
    "-la-Lande",
    "-les-Prés",
    "-du-Causse",
    "-en-Bruyère",
    "-la-Forêt",
    "-les-Étangs",
    "-le-Haut",
)
_STREETS = (
    "des Tilleuls",
    "de la Fontaine",
    "du Lavoir",
    "des Écoles",
    "du Moulin",
    "de la Gare",
    "du Stade",
    "des Vignes",
    "de la République",
    "du Puits",
    "des Acacias",
    "des Lilas",
    "du Four",
    "de la Halle",
    "des Tanneurs",
    "du Prieuré",
    "des Remparts",
    "de la Source",
    "du Pré Long",
    "des Charmilles",
    "du Bac",
    "de l'Octroi",
    "des Cerisiers",
    "du Levant",
    "du Couchant",
    "des Ormes",
    "de la Poste",
    "des Jardins",
    "du Champ de Foire",
    "des Artisans",
    "de la Liberté",
    "du Calvaire",
)
_STREET_KINDS = ("Rue", "Rue", "Rue", "Rue", "Chemin", "Impasse", "Allée", "Avenue")


def commune_names() -> Iterator[str]:
    """Endless invented commune names, none twice, in a shuffled but fixed order."""
    seen: set[str] = set()
    for k in range(len(_STARTS) * len(_ENDS) * 4):
        start, end = _STARTS[(k * 7 + k // 36) % len(_STARTS)], _ENDS[(k * 5 + k // 14) % len(_ENDS)]
        name = start + end
        if k % 9 == 4:
            woman = k % 27 == 4
            first = "Sainte-" + _WOMEN[k // 9 % len(_WOMEN)] if woman else "Saint-" + _SAINTS[k // 9 % len(_SAINTS)]
            name = f"{first}-de-{name}"
        elif k % 7 == 3:
            name += _TAILS[k // 7 % len(_TAILS)]
        if name not in seen and name not in _REAL:
            seen.add(name)
            yield name


def street_name(k: int) -> str:
    """The k-th street of a town."""
    mixed = k * 13 + k // 32
    return f"{_STREET_KINDS[mixed // 3 % len(_STREET_KINDS)]} {_STREETS[mixed % len(_STREETS)]}"


def avenue_name(k: int) -> str:
    """The k-th wide street of a town."""
    return f"{('Avenue', 'Boulevard', 'Cours')[k % 3]} {_STREETS[(k * 7 + 5) % len(_STREETS)]}"


def main_street_name(k: int) -> str:
    """What the road is called inside the k-th town."""
    return ("Grande Rue", "Rue Principale", "Route Départementale", "Rue de l'Église")[k % 4]


def of_place(name: str) -> str:
    """« de Mornessac », « d'Aubrelles », « de L'Île » as one writes it: « de l'Île »."""
    if name.startswith("L'"):
        return f"de l'{name[2:]}"
    if name.startswith("Le "):
        return f"du {name[3:]}"
    return f"d'{name}" if name[0] in "AEÉIOUY" else f"de {name}"
