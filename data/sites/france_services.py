"""The list of France services sites (ANCT), a CSV of 24 columns.

Personal data: ``mail`` and ``telephone`` are never read into the table, and what looks like an address or a
number is taken out of the comment, the name and the address.

Form of a site, from ``format_fs`` and ``type_fs``:
- ``Bus_équivalent``, ``Itinérante`` -> mobile: the one point given is where it is kept, not where it stops.
- ``type_fs`` Antenne -> branch (106 of the 108 ``Fixe_antenne(s)``, which are the antennas themselves).
- ``Fixe``, ``Fixe_antenne(s)``, ``Multisites`` of type Principal -> fixed. A Multisites row is one of several
  premises under one label. It is not "outpost": seven in ten are open 24 hours a week or more, as a fixed
  site is. But its hours may be those of the whole set (a comment says so at times), hence a warning.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import shapely

from data.contract import SITE_COLUMNS, Progress, ReadReport
from data.hours import france_services_hours
from data.reporting import close_report, refuse_when_nothing_kept, reject
from data.sites.common import (
    CommuneIndex,
    RowError,
    fold,
    is_far_from_departement,
    point,
    refuse_if_swapped,
    remove_contacts,
)
from data.store import sha256_file
from data.tables import open_csv

SOURCE: Final = "france-services"
WHAT: Final = "la liste des structures France services (ANCT) en CSV UTF-8, séparateur « , »"
_DAYS: Final = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi")
REQUIRED_COLUMNS: Final = (
    "id_fs", "insee_dep", "lib_fs", "adresse", "insee_com", "code_postal", "lib_com", "latitude", "longitude",
    *(f"h_{day}" for day in _DAYS), "prise_rdv", "type_fs", "format_fs",
)  # fmt: skip
#: Read when present; mail and telephone are not among them, on purpose.
_OPTIONAL_COLUMNS: Final = ("complement_adresse", "commentaire", "labellisation_fs")
_FORMS: Final = {
    "fixe": "fixed",
    "fixe antenne s": "fixed",
    "multisites": "fixed",
    "bus equivalent": "mobile",
    "itinerante": "mobile",
}
_FORMAT_NAMES: Final = ("Fixe", "Fixe_antenne(s)", "Multisites", "Bus_équivalent", "Itinérante")
_PROGRESS_STEP: Final = 200

Cells = dict[str, str]


def read_france_services(
    path: Path,
    progress: Progress | None = None,
    *,
    known_communes: Mapping[str, str] | Collection[str] | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> tuple[gpd.GeoDataFrame, ReadReport]:
    """Sites of the list: SITE_COLUMNS, EPSG:4326, one row per site kept.

    ``known_communes`` (code -> name, or codes alone) is what commune codes are checked against, in the
    départements it covers. ``encoding`` and ``delimiter`` say what the file holds when it is not UTF-8 with
    commas; without them another encoding is refused and another delimiter is accepted with a warning.

    A row is left out, with an error: no coordinates, coordinates unreadable, swapped or out of France,
    unknown commune, unknown format, identifier absent or twice, wrong number of columns. Unreadable hours:
    the row is kept with hours unknown and a warning. Raises BadInputError: absent, empty, not a CSV, another
    encoding, a required column missing, coordinates swapped in most rows, no usable row.
    """
    source = open_csv(path, required=REQUIRED_COLUMNS, what=WHAT, encoding=encoding, delimiter=delimiter)
    report = ReadReport(str(path), sha256_file(path), "sites")
    report.facts.update(format="France services", encoding=source.encoding, delimiter=source.delimiter)
    if source.delimiter != "," and delimiter is None:
        report.warning(
            f"Le séparateur est « {source.delimiter} » et non « , » : il a été reconnu.",
            f"Rien à faire, ou le dire par --delimiter '{source.delimiter}'.",
        )
    lines = _read_lines(source.rows(), source.columns, report)
    refuse_if_swapped(((row["latitude"], row["longitude"]) for _, row in lines), path.name)
    rows = _site_rows(lines, CommuneIndex(known_communes), report, progress)
    close_report(report, len(rows))
    refuse_when_nothing_kept(report, WHAT)
    table = pd.DataFrame(rows, columns=list(SITE_COLUMNS), dtype=object)  # object: None stays None
    return gpd.GeoDataFrame(table, geometry="geometry", crs="EPSG:4326"), report


def _read_lines(rows: Any, columns: dict[str, int], report: ReadReport) -> list[tuple[int, Cells]]:
    """Wanted cells of each line; a line of another length is left out, its columns cannot be told apart."""
    wanted = {name: columns[name] for name in (*REQUIRED_COLUMNS, *_OPTIONAL_COLUMNS) if name in columns}
    width = max(columns.values()) + 1
    lines: list[tuple[int, Cells]] = []
    for line, cells in rows:
        if len(cells) != width:
            reject(
                report,
                f"{len(cells)} colonnes au lieu de {width}.",
                "Mettre entre guillemets les textes qui contiennent le séparateur.",
                line=line,
            )
            continue
        lines.append((line, {name: cells[rank].strip() for name, rank in wanted.items()}))
    return lines


def _site_rows(
    lines: list[tuple[int, Cells]], communes: CommuneIndex, report: ReadReport, progress: Progress | None
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    counts: Counter[str] = Counter()
    for done, (line, cells) in enumerate(lines, start=1):
        try:
            row = _site_row(line, cells, communes, report, counts)
            if row["source_id"] in seen:
                raise RowError("id_fs", row["source_id"], "Identifiant en double.", "Garder une seule ligne par lieu.")
        except RowError as error:
            reject(report, error.message, error.suggestion, line=line, field=error.field, value=error.value)
        else:
            seen.add(row["source_id"])
            rows.append(row)
            counts[f"form_{row['form']}"] += 1
            counts["multisites"] += fold(cells["format_fs"]) == "multisites"
        if progress is not None and (done % _PROGRESS_STEP == 0 or done == len(lines)):
            progress(done, len(lines))
    report.facts.update(sorted((name, count) for name, count in counts.items() if count))
    _warn_of_the_whole(counts, report)
    return rows


def _site_row(
    line: int, cells: Cells, communes: CommuneIndex, report: ReadReport, counts: Counter[str]
) -> dict[str, Any]:
    source_id, name = cells["id_fs"], cells["lib_fs"]
    if not source_id or not name:
        missing = "lib_fs" if source_id else "id_fs"
        raise RowError(missing, None, f"Ce lieu n'a pas de {missing}.", "Remplir la colonne.")
    code_insee, departement = communes.check(cells["insee_com"], cells["lib_com"])
    lon, lat = point(cells["latitude"], cells["longitude"])
    _warn_of_place(line, cells, departement, (lon, lat), report)
    row = {
        "source": SOURCE,
        "source_id": source_id,
        "carrier": "france_services",
        "form": _form(cells),
        "postal_code": _postal_code(line, cells["code_postal"], report),
        "commune_nom": cells["lib_com"] or None,
        "code_insee": code_insee,
        "departement_code": departement,
        "by_appointment": _by_appointment(line, cells["prise_rdv"], report),
        "accreditation": cells.get("labellisation_fs") or None,
        "geometry": shapely.Point(lon, lat),
        **_hours(line, cells, report, counts),
    }
    address = ", ".join(part for part in (cells["adresse"], cells.get("complement_adresse", "")) if part)
    texts = {"name": name, "address": address, "comment": cells.get("commentaire", "")}
    for field, text in texts.items():
        cleaned, removed = remove_contacts(text)
        row[field] = cleaned or None
        counts["contacts_removed"] += removed
    return row


def _form(cells: Cells) -> str:
    form = _FORMS.get(fold(cells["format_fs"]))
    if form is None:
        near = difflib.get_close_matches(cells["format_fs"], _FORMAT_NAMES, n=1)
        hint = f"Peut-être « {near[0]} »." if near else f"Attendu : {', '.join(_FORMAT_NAMES)}."
        raise RowError("format_fs", cells["format_fs"], f"Format inconnu : « {cells['format_fs']} ».", hint)
    return "branch" if form == "fixed" and fold(cells["type_fs"]) == "antenne" else form


def _hours(line: int, cells: Cells, report: ReadReport, counts: Counter[str]) -> dict[str, Any]:
    raw = {f"h_{day}": cells[f"h_{day}"] for day in _DAYS}
    result = france_services_hours({day: cells[f"h_{day}"] for day in _DAYS}, line=line)
    report.findings.extend(result.findings)
    counts["hours_unknown"] += not result.is_known
    for repair in result.repairs:
        counts[f"hours_{repair}"] += 1
    return {"opening_hours": result.opening_hours, "opening_hours_raw": raw}


def _by_appointment(line: int, text: str, report: ReadReport) -> bool | None:
    known = {"oui": True, "non": False, "": None}
    if fold(text) not in known:
        report.warning(
            f"Prise de rendez-vous illisible : « {text} » ; elle est tenue pour inconnue.",
            "Attendu : Oui, Non ou vide.",
            line=line,
            field="prise_rdv",
            value=text[:200],
        )
    return known.get(fold(text))


def _postal_code(line: int, text: str, report: ReadReport) -> str | None:
    if len(text) == 5 and text.isdigit() and text.isascii():
        return text
    if text:
        hint = f"Écrire « 0{text} »." if len(text) == 4 and text.isdigit() else "Attendu : 5 chiffres."
        report.warning(
            f"Code postal mal formé : « {text} » ; il n'a pas été gardé.",
            hint,
            line=line,
            field="code_postal",
            value=text[:200],
        )
    return None


def _warn_of_place(line: int, cells: Cells, departement: str, lon_lat: tuple[float, float], report: ReadReport) -> None:
    """Doubts on the place that do not forbid the row: the commune's code decides the département."""
    said = cells["insee_dep"].upper().zfill(2)
    if said != departement:
        report.warning(
            f"Département « {cells['insee_dep']} » mais commune {cells['insee_com']} : le lieu est placé en "
            f"{departement}.",
            "Vérifier : un bus peut être garé dans le département voisin.",
            line=line,
            field="insee_dep",
            value=cells["insee_dep"],
        )
    if is_far_from_departement(departement, *lon_lat):
        report.warning(
            f"Le point est loin du département {departement}.",
            "Vérifier les coordonnées ou le code de la commune.",
            line=line,
            field="latitude",
            value=f"{lon_lat[1]}, {lon_lat[0]}",
        )


def _warn_of_the_whole(counts: Counter[str], report: ReadReport) -> None:
    if counts["form_mobile"]:
        report.warning(
            f"{counts['form_mobile']} lieux mobiles sont placés en un seul point : la source ne donne pas "
            "leurs arrêts.",
            "Saisir les arrêts et leurs jours pour que ces lieux comptent là où ils passent.",
            field="format_fs",
        )
    if counts["multisites"]:
        report.warning(
            f"{counts['multisites']} lieux sont « Multisites » : leurs horaires peuvent être ceux de "
            "plusieurs adresses.",
            "Vérifier les horaires de chaque adresse auprès de la structure.",
            field="format_fs",
        )
