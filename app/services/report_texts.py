"""The annual report's own words: labels, method, sources and warnings, from the run alone."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from app.domain.coverage import ZoneFigures
from app.domain.travel import travel_fr
from app.domain.wording import decimal_fr, integer_fr, stale_fr, threshold_fr
from app.report.content import MethodLine, SourceLine
from app.report.french import date_fr
from app.services.runs import RunView
from data.sources import Source, source

PEOPLE_ON_GRID_FR = (
    "Comptés carreau par carreau d'après le temps de trajet, jamais en découpant des surfaces. Dans chaque commune, les "
    "carreaux sont calés sur la population municipale, à l'unité près. Une commune sans carreau habité est comptée en un "
    "point, son centre habité, et signalée."
)
PEOPLE_AT_POINTS_FR = (
    "Aucune grille de population n'est chargée : tous les habitants d'une commune sont comptés en un seul point, son "
    "centre habité. Une commune est donc couverte tout entière, ou pas du tout."
)


SPEEDS_FR = {
    "car": (
        "Vitesses pratiquées par type de route, et non vitesses légales ; une attente est ajoutée aux carrefours en "
        "agglomération et aux feux. La circulation des heures de pointe n'est pas comptée."
    ),
    "bike": "Vitesses d'un cycliste ordinaire par type de voie ; ni le relief ni le vélo électrique ne sont comptés.",
    "foot": "Vitesse d'un marcheur ordinaire ; le relief n'est pas compté.",
}
SEASONS_FR = {
    "summer": "Été : toutes les routes saisonnières sont ouvertes. Si des routes ferment en hiver, le chiffre d'hiver est à côté.",
    "winter": (
        "Hiver : les routes fermées au 15 janvier (cols, d'après OpenStreetMap et les routes déclarées) sont fermées. La "
        "neige sur les routes ouvertes n'est pas comptée."
    ),
}
WITHOUT_FR = {"car": " et les habitants sans voiture", "bike": "", "foot": ""}


def alert(run: RunView, year: int) -> str | None:
    """A report is written within its year or the one after; figures of any other day are not those of the year."""
    created_at = run.created_at.astimezone(UTC)
    if created_at.year in (year, year + 1):
        return None
    return f"Les chiffres sont ceux du calcul du {date_fr(created_at.date())}, pas de l'année {year}."


def has_grid_people(figures: ZoneFigures) -> bool:
    """Whether anybody was counted on a grid; else each commune is one point and no grid may be cited."""
    return figures.individuals_total > 0


def population_label(run: RunView) -> str:
    return f"population municipale ({run.communes_millesime or 'millésime non indiqué'})"


def individuals_label(run: RunView, figures: ZoneFigures) -> str:
    if not has_grid_people(figures):
        return "aucune grille de population chargée"
    return f"individus de la grille de population ({run.grid_file}{_millesime(run.grid_millesime)})"


def population_note(run: RunView, figures: ZoneFigures) -> str:
    shown = "Les habitants comptés sont ceux de la population municipale"
    people = f"{integer_fr(figures.total)} habitants"
    if not has_grid_people(figures):
        return (
            f"{shown} : {people}. Aucune grille de population n'est chargée : chaque commune est comptée en un seul point, "
            "son centre habité."
        )
    return (
        f"{shown}, répartie dans chaque commune comme la grille de population : {people}. La grille elle-même "
        f"({run.grid_file}{_millesime(run.grid_millesime)}) compte {integer_fr(round(figures.individuals_total))} "
        "individus des ménages fiscaux."
    )


def _millesime(millesime: str | None) -> str:
    return f", millésime {millesime}" if millesime else ""


def method(run: RunView, *, has_grid: bool) -> tuple[MethodLine, ...]:
    parameters = run.parameters
    roads = run.inputs["roads"]
    return (
        MethodLine(
            "Question posée",
            f"Combien d'habitants peuvent venir à un lieu d'accueil, {travel_fr(run.mode, run.season)}, en moins de "
            f"{threshold_fr(run.threshold_s)} ?",
        ),
        MethodLine(
            "Seuil",
            f"Strictement moins de {threshold_fr(run.threshold_s)} ({integer_fr(run.threshold_s)} secondes), "
            "jugé sur le temps exact, jamais sur des minutes arrondies.",
        ),
        MethodLine(
            "Sens du trajet",
            "De chez soi vers le lieu d'accueil : les sens uniques et les routes interdites sont respectés dans ce sens.",
        ),
        MethodLine(
            "Routes",
            f"OpenStreetMap, réseau « {roads['label']} », {integer_fr(roads['nodes'])} carrefours, "
            f"données du {roads['osm_date'] or 'jour inconnu'}, profil de vitesse {roads['profile']}.",
        ),
        MethodLine("Vitesses", SPEEDS_FR[run.mode]),
        MethodLine("Interdictions de tourner", _restrictions(run)),
        MethodLine("Saison", SEASONS_FR[run.season]),
        MethodLine(
            "Accès à la route",
            f"Chaque point est rattaché à la route la plus proche du réseau principal et rejoint à pied "
            f"({decimal_fr(parameters['access_walk_m_per_s'], 1)} m/s). Au-delà de {parameters['max_access_m']:.0f} m"
            f"{' (plus la demi-diagonale du carreau)' if has_grid else ''}, ou si de l'eau les sépare, ses habitants sont comptés "
            "« inconnu ».",
        ),
        MethodLine("Habitants", PEOPLE_ON_GRID_FR if has_grid else PEOPLE_AT_POINTS_FR),
        MethodLine(
            "Lieux comptés",
            f"{run.sites_counted} lieux actifs et localisés, départements voisins compris. Un bus est compté à son point déclaré ; "
            "le chiffre sans les bus est donné à côté. Le téléphone n'est jamais compté.",
        ),
        MethodLine(
            "Limites",
            f"{'L’INSEE recommande de ne pas lire un carreau isolé. ' if has_grid else ''}Les horaires d'ouverture, les "
            f"délais de rendez-vous{WITHOUT_FR[run.mode]} n'entrent pas dans ce chiffre.",
        ),
    )


def _restrictions(run: RunView) -> str:
    """As the import of the roads counted them; a run of an earlier version does not say."""
    if run.mode == "foot":
        return "Sans objet à pied."
    facts = run.inputs["roads"].get("facts", {})
    applied, left = facts.get("restrictions_applied"), facts.get("restrictions_not_applied", 0)
    if applied is None:
        return "Ce réseau n'en dit rien : elles ne sont pas prises en compte."
    said = f"Respectées ({integer_fr(int(applied))} dans le réseau)."
    return f"{said} {integer_fr(int(left))}, mal décrites dans OpenStreetMap, n'ont pas pu l'être." if left else said


def sources(run: RunView, *, has_grid: bool) -> tuple[SourceLine, ...]:
    """What the figures were made of; a grid that counted nobody is not one of them."""
    inputs = run.inputs
    if run.is_fictional:
        demo = source("demonstration")
        return tuple(
            _source_line(demo, f"{label} : {inputs[key].get('file') or 'registre'}", inputs[key]["sha256"])
            for key, label in (
                ("roads", "Routes"),
                ("communes", "Communes"),
                ("population_grid", "Grille"),
                ("sites", "Lieux"),
            )
            if has_grid or key != "population_grid"
        )
    grid = source("filosofi")
    return (
        _source_line(source("osm"), inputs["roads"]["osm_date"] or "date inconnue", inputs["roads"]["sha256"]),
        _source_line(source("admin-express"), _vintage(inputs["communes"]), inputs["communes"]["sha256"]),
        *(
            [_source_line(grid, _vintage(inputs["population_grid"]), inputs["population_grid"]["sha256"])]
            if has_grid
            else []
        ),
        _source_line(
            source("france-services"), f"{inputs['sites']['rows']} lieux du registre", inputs["sites"]["sha256"]
        ),
    )


def _source_line(found: Source, vintage: str, sha256: str) -> SourceLine:
    return SourceLine(found.name, found.producer, found.licence, vintage, sha256)


def _vintage(of: dict[str, Any]) -> str:
    return f"{of['file']}{_millesime(of['millesime'])}"


def warnings(run: RunView) -> tuple[str, ...]:
    return (*run.warnings, *([stale_fr(run.changed)] if run.is_stale else []))
