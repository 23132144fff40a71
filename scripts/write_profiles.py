"""Writes docs/profils.md from the tables of routing/profiles, so that the document cannot say anything else.

    .venv/bin/python -m scripts.write_profiles

tests/routing/test_profile_tables.py fails when the document on disk is not what this writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from routing.profiles.describe import MODE_NAMES, Section, number, sections
from routing.profiles.table import FASTEST_KMH, MODES, load_table

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "profils.md"

_INTRODUCTION = """\
# D'où viennent les temps de trajet

Ce document est écrit par `scripts/write_profiles.py` à partir des tableaux de `routing/profiles/`, ceux-là mêmes que
le calcul emploie : ne le modifiez pas à la main. La commande `accueil30 profile show car` (ou `bike`, `foot`) montre
les mêmes lignes, et celles de votre territoire avec `--profile FICHIER`.

## Ce qui est compté

- **Des vitesses roulées, pas les limites.** Les limites seules donnent des temps trop courts d'un tiers. Pour la
  voiture, trois sources disent à quelle vitesse roule chaque classe de route : l'IGN, OSRM et Valhalla. Sans limite
  connue, nous prenons la médiane des trois ; avec une limite, {share} de la limite, sans dépasser la plus rapide des
  trois (le « plafond »).
- **Indiquez les limites dans OpenStreetMap.** La médiane n'est pas ramenée à la limite des agglomérations : dans un
  lieu dense, une route principale sans limite connue est roulée à {primary} km/h ({secondary} pour une secondaire), et
  la même, étiquetée 50, à {tagged} km/h.
- **Hors et en agglomération.** Un carrefour est en agglomération quand au moins {junctions} carrefours se trouvent à
  moins de {radius} m. Une étiquette qui le dit (`FR:urban`, `FR:rural`) l'emporte sur ce comptage.
- **Des attentes** aux carrefours en agglomération, aux feux (du côté où ils sont tournés), et à l'embarquement d'un
  bac. Un stop ou un cédez-le-passage est reconnu et n'ajoute rien : aucune source ne donne de chiffre.
- **L'accès** : l'étiquette la plus précise l'emporte (pour la voiture : `motorcar`, `motor_vehicle`, `vehicle`,
  `access`). « Riverains », « clients », « desserte locale » sont ouverts : ici, chacun vient pour ce lieu. Privé,
  agricole, forestier, livraisons, sur autorisation sont fermés.
- **Les fermetures datées** (`no @ (Nov 15-May 01)`, `winter`, `snow`) : fermées dans le réseau d'hiver quand la
  condition tient le 15 janvier à midi et ne tient pas le 15 juillet.
- **Les adresses** ne s'ouvrent ni sur un pont, ni dans un tunnel, ni sur une autoroute, une bretelle d'autoroute ou
  de voie rapide, une voie réservée aux automobiles, un bac.

## Ce qui n'est pas compté

- L'heure : ni bouchons, ni horaires de bac, ni accès à certaines heures. Les conditions d'heures, de jours, de poids
  ou de longueur sont lues et comptées dans le rapport d'import, pas appliquées.
- La pente, à pied comme à vélo : nous n'avons pas d'altitude. En montagne, ces temps sont trop courts.
- Le double sens cyclable des rues à 30 km/h et moins (Code de la route R412-28-1) quand OpenStreetMap ne l'indique
  pas : un arrêté peut l'avoir écarté, et nous ne devinons pas.
- Une valeur non comprise n'est jamais devinée : elle est laissée de côté et nommée dans le rapport d'import.

## Remplacer des lignes pour un territoire

Un fichier TOML de même forme remplace des lignes, en tout ou en partie. Chaque ligne remplacée dit sa source et sa
date. Aucune vitesse ne peut dépasser {fastest} km/h : c'est celle pour laquelle l'étendue des réseaux est vérifiée.

```toml
mode = "car"

[classes]
unclassified = {{ outside_kmh = 40, source = "relevés GPS du département", date = "2026-05" }}

[limits]
"FR:rural" = {{ limit_kmh = 90, source = "arrêté départemental", date = "2026-01" }}
```

`accueil30 import roads FICHIER --name NOM --profile MON_TABLEAU.toml` l'emploie ; la version imprimée à côté des
chiffres se termine alors par une empreinte de ces lignes.
"""


def document() -> str:
    """The whole of docs/profils.md."""
    car = load_table("car")
    introduction = _INTRODUCTION.format(
        share=number(car.setting("limit_share")),
        primary=number(car.classes["primary"].inside_kmh),
        secondary=number(car.classes["secondary"].inside_kmh),
        tagged=number(car.setting("limit_share") * 50),
        junctions=number(car.setting("urban_junctions_min")),
        radius=number(car.setting("urban_radius_m")),
        fastest=number(FASTEST_KMH),
    )
    parts = [introduction]
    for mode in MODES:
        table = load_table(mode)
        parts.append(f"## {MODE_NAMES[mode]}\n\nVersion `{table.version}`.\n")
        # The limits by rule are the same for all modes: told once.
        parts += [_markdown(one) for one in sections(table) if mode == "car" or not one.title.startswith("Limites")]
    return "\n".join(parts)


def _markdown(section: Section) -> str:
    return f"### {section.title}\n\n" + "\n".join(_lines(section)) + "\n"


def _lines(section: Section) -> Iterator[str]:
    yield _line(section.headers)
    yield _line(tuple("---" for _ in section.headers))
    for row in section.rows:
        yield _line((f"`{row[0]}`", *row[1:]))


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main() -> None:
    DOCUMENT.write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    main()
