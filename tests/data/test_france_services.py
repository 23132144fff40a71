"""The France services list: what is read, what is refused, and the personal data that never gets in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data.contract import SITE_COLUMNS, ReadReport
from data.errors import BadInputError
from data.sites.common import REMOVED, remove_contacts
from data.sites.france_services import read_france_services
from tests.data.builders import FRANCE_SERVICES_COLUMNS, site, write_sites

COMMUNES = {"2A108": "Évisa", "2A004": "Ajaccio", "2A041": "Bonifacio"}


def _errors(report: ReadReport) -> dict[int | None, str | None]:
    return {finding.line: finding.field for finding in report.findings if finding.severity == "error"}


def test_a_clean_row(tmp_path: Path) -> None:
    row = site(complement_adresse="Mairie", commentaire="Entrée par la cour")
    table, report = read_france_services(write_sites(tmp_path / "fs.csv", [row]), known_communes=COMMUNES)
    assert tuple(table.columns) == SITE_COLUMNS
    assert table.crs.to_epsg() == 4326
    read = table.iloc[0]
    assert (read.source, read.source_id, read.carrier, read.form) == (
        "france-services",
        "1",
        "france_services",
        "fixed",
    )
    assert (read["name"], read.address) == ("France services d'Évisa", "Place de l'Église, Mairie")
    assert (read.postal_code, read.commune_nom, read.code_insee, read.departement_code) == (
        "20126",
        "Évisa",
        "2A108",
        "2A",
    )
    assert (read.opening_hours, read.by_appointment) == ("Mo 09:00-12:00,14:00-17:00", False)
    assert read.opening_hours_raw["h_lundi"] == "09:00 - 12:00 / 14:00 - 17:00"
    assert read.comment == "Entrée par la cour"
    assert read.accreditation == "Espace labellisé 01/01/2020"
    assert (read.geometry.x, read.geometry.y) == (8.8010, 42.2530)
    assert (report.rows_read, report.rows_kept, report.rows_rejected, report.findings) == (1, 1, 0, [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf8_with_or_without_mark(tmp_path: Path, encoding: str) -> None:
    table, _ = read_france_services(write_sites(tmp_path / "fs.csv", [site()], encoding=encoding))
    assert table["name"].tolist() == ["France services d'Évisa"]


def test_contact_columns_may_be_absent(tmp_path: Path) -> None:
    columns = [
        name for name in FRANCE_SERVICES_COLUMNS if name not in ("mail", "telephone", "groupe_fs", "commentaire")
    ]
    table, _ = read_france_services(write_sites(tmp_path / "fs.csv", [site()], columns=columns))
    assert table.comment.tolist() == [None]


# --- personal data ---


def test_no_contact_reaches_the_table_or_the_report(tmp_path: Path) -> None:
    rows = [
        site(
            mail="jeanne@exemple.fr",
            telephone="04 95 11 22 33",
            commentaire="RDV au 04.95.26.26.52 ou jeanne.d@exemple.fr",
            lib_fs="France services 0495112233",
            adresse="Mairie, tél. +33 4 95 11 22 33",
        ),
        site(
            id_fs="2",
            latitude="",
            mail="paul@exemple.fr",
            telephone="06 11 22 33 44",
            commentaire="0611223344",
        ),
    ]
    table, report = read_france_services(write_sites(tmp_path / "fs.csv", rows))
    shown = table.to_json() + json.dumps([str(finding) for finding in report.findings]) + json.dumps(report.facts)
    for secret in ("jeanne", "paul", "95 11", "95.26", "0495", "061122", "06 11"):
        assert secret not in shown
    assert table.comment.iloc[0] == f"RDV au {REMOVED} ou {REMOVED}"
    assert report.facts["contacts_removed"] == 4


@pytest.mark.parametrize(
    "text",
    [
        "04 92 00 32 59",
        "04.92.00.32.59",
        "0329501722",
        "+33 6 22 13 64 00",
        "0033622136400",
        "0694.37.90.64",
        "a.b-c+d@mairie-x.fr",
        "maisondeservices@ville-sainte",
        "+33 (0)4 92 00 32 59",
        "04/92/00/32/59",
        "04-92-00-32-59",
    ],
)
def test_contacts_are_removed(text: str) -> None:
    assert remove_contacts(f"avant {text} après") == (f"avant {REMOVED} après", 1)


@pytest.mark.parametrize(
    "text",
    [
        "20126 Évisa",
        "ouvert 09:00 - 12:00",
        "du 01/02/2024 au 03/04/2024",
        "1 200 habitants",
        "visio @ CAF",
        "SIRET 21750001600019",
        "15 place de Gaulle 25800 Valdahon",
    ],
)
def test_what_is_not_a_contact_stays(text: str) -> None:
    assert remove_contacts(text) == (text, 0)


# --- forms, hours, appointment ---


@pytest.mark.parametrize(
    ("format_fs", "type_fs", "form"),
    [
        ("Fixe", "Principal", "fixed"),
        ("Fixe_antenne(s)", "Principal", "fixed"),
        ("Fixe_antenne(s)", "Antenne", "branch"),
        ("Fixe", "Antenne", "branch"),
        ("Multisites", "Principal", "fixed"),
        ("Multisites", "Antenne", "branch"),
        ("Bus_équivalent", "Principal", "mobile"),
        ("Itinérante", "Principal", "mobile"),
        ("Itinérante", "Antenne", "mobile"),
    ],
)
def test_forms(tmp_path: Path, format_fs: str, type_fs: str, form: str) -> None:
    table, report = read_france_services(write_sites(tmp_path / "fs.csv", [site(format_fs=format_fs, type_fs=type_fs)]))
    assert table.form.tolist() == [form]
    assert bool(report.findings) == (form == "mobile" or format_fs == "Multisites")


def test_unreadable_hours_keep_the_row(tmp_path: Path) -> None:
    rows = [site(), site(id_fs="2", h_mardi="17:00 - 09:00"), site(id_fs="3", h_lundi="")]
    table, report = read_france_services(write_sites(tmp_path / "fs.csv", rows))
    assert table.opening_hours.tolist() == ["Mo 09:00-12:00,14:00-17:00", None, None]
    assert [(finding.severity, finding.line, finding.field) for finding in report.findings] == [
        ("warning", 3, "h_mardi")
    ]
    assert report.facts["hours_unknown"] == 2


@pytest.mark.parametrize(("text", "expected"), [("Oui", True), ("non", False), ("", None), ("parfois", None)])
def test_appointment_has_three_states(tmp_path: Path, text: str, expected: bool | None) -> None:
    table, report = read_france_services(write_sites(tmp_path / "fs.csv", [site(prise_rdv=text)]))
    assert table.by_appointment.tolist() == [expected]
    assert len(report.findings) == (text == "parfois")


# --- bad files ---


def test_windows_1252_with_semicolons_is_refused_and_says_how_to_mend(tmp_path: Path) -> None:
    path = write_sites(tmp_path / "fs.csv", [site()], encoding="windows-1252", delimiter=";")
    with pytest.raises(BadInputError, match="pas en UTF-8") as caught:
        read_france_services(path)
    assert "Windows-1252" in caught.value.received
    assert "0xC9 à la ligne 2" in caught.value.received
    assert "« ; »" in caught.value.received
    assert "iconv -f WINDOWS-1252 -t UTF-8 fs.csv > fs-utf8.csv" in caught.value.action
    assert "--encoding windows-1252 --delimiter ';'" in caught.value.action


def test_windows_1252_is_read_when_asked_for(tmp_path: Path) -> None:
    path = write_sites(tmp_path / "fs.csv", [site()], encoding="windows-1252", delimiter=";")
    table, report = read_france_services(path, encoding="windows-1252", delimiter=";")
    assert table["name"].tolist() == ["France services d'Évisa"]
    assert report.findings == []


def test_utf8_with_semicolons_and_decimal_commas_is_read_with_a_warning(tmp_path: Path) -> None:
    path = write_sites(tmp_path / "fs.csv", [site(latitude="42,2530", longitude="8,8010")], delimiter=";")
    table, report = read_france_services(path)
    assert (table.geometry.x[0], table.geometry.y[0]) == (8.8010, 42.2530)
    assert [finding.severity for finding in report.findings] == ["warning"]


@pytest.mark.parametrize("encoding", ["latin-42", "ascii", "utf-16"])
def test_a_wrong_answer_about_the_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(BadInputError, match="encodage demandé"):
        read_france_services(write_sites(tmp_path / "fs.csv", [site()]), encoding=encoding)


@pytest.mark.parametrize(
    "missing", ["latitude", "longitude", "insee_com", "h_lundi", "format_fs", "id_fs", "prise_rdv"]
)
def test_missing_column(tmp_path: Path, missing: str) -> None:
    columns = [name for name in FRANCE_SERVICES_COLUMNS if name != missing]
    with pytest.raises(BadInputError, match=f"Colonne absente : {missing}") as caught:
        read_france_services(write_sites(tmp_path / "fs.csv", [site()], columns=columns))
    assert "lib_fs" in caught.value.received


def test_column_twice(tmp_path: Path) -> None:
    path = write_sites(tmp_path / "fs.csv", [site()])
    path.write_text(path.read_text().replace("groupe_fs", "latitude", 1))
    with pytest.raises(BadInputError, match="en double : latitude"):
        read_france_services(path)


def test_swapped_coordinates_refuse_the_file(tmp_path: Path) -> None:
    rows = [site(id_fs=str(i), latitude="8.8010", longitude="42.2530") for i in range(3)]
    with pytest.raises(BadInputError, match="inversées") as caught:
        read_france_services(write_sites(tmp_path / "fs.csv", rows))
    assert "3 lignes sur 3" in caught.value.received


@pytest.mark.parametrize("content", ["", "\n \n", "id_fs\n1\n", "{}", "<html>", "PK\x03\x04", "%PDF-1.7",
                                     ",".join(FRANCE_SERVICES_COLUMNS) + "\n", "a\x00b,c\n"])  # fmt: skip
def test_files_that_are_not_the_list_are_refused_in_french(tmp_path: Path, content: str) -> None:
    path = tmp_path / "fs.csv"
    path.write_text(content)
    with pytest.raises(BadInputError) as caught:
        read_france_services(path)
    assert all((caught.value.message, caught.value.received, caught.value.expected, caught.value.action))


def test_utf16_and_absent_and_unclosed_quote(tmp_path: Path) -> None:
    path = write_sites(tmp_path / "fs.csv", [site()], encoding="utf-16")
    with pytest.raises(BadInputError, match="UTF-8") as caught:
        read_france_services(path)
    assert "iconv -f UTF-16" in caught.value.action
    with pytest.raises(BadInputError, match="introuvable"):
        read_france_services(tmp_path / "absent.csv")
    path = write_sites(tmp_path / "fs.csv", [site()])
    path.write_text(path.read_text() + '2,2A,"France services')
    with pytest.raises(BadInputError, match="guillemets mal fermés à partir de la ligne 3"):
        read_france_services(path)


# --- bad rows ---


def test_bad_rows_are_named_and_the_good_ones_kept(tmp_path: Path) -> None:
    rows = [
        site(),
        site(id_fs="2", latitude="", longitude=""),
        site(id_fs="3", latitude="8.8010", longitude="42.2530"),
        site(id_fs="4", latitude="40.7", longitude="-74.0"),
        site(id_fs="5", latitude="quarante"),
        site(id_fs="6", insee_com="2A999", lib_com="Bonifaccio"),
        site(id_fs="7", insee_com="1033", insee_dep="01"),
        site(id_fs="8", format_fs="Itinerantte"),
        site(id_fs="1"),
        site(id_fs=""),
        site(id_fs="11", latitude="6110000", longitude="1180000"),
        site(id_fs="12", latitude="nan"),
        site(id_fs="13"),
    ]
    path = write_sites(tmp_path / "fs.csv", rows)
    path.write_text(path.read_text() + "14,2A,tronquée\n")
    table, report = read_france_services(path, known_communes=COMMUNES)
    assert table.source_id.tolist() == ["1", "13"]
    assert report.rows_read == len(rows) + 1 == report.rows_kept + report.rows_rejected
    assert _errors(report) == {
        3: "latitude",
        4: "latitude",
        5: "latitude",
        6: "latitude",
        7: "insee_com",
        8: "insee_com",
        9: "format_fs",
        10: "id_fs",
        11: "id_fs",
        12: "latitude",
        13: "latitude",
        15: None,
    }
    by_line = {finding.line: finding for finding in report.findings}
    assert "inversées" in by_line[4].message
    assert "hors de France" in by_line[5].message
    assert "n'existe plus" in by_line[7].message
    assert "2A041 (Bonifacio)" in by_line[7].suggestion
    assert "« 01033 »" in by_line[8].suggestion
    assert "« Itinérante »" in by_line[9].suggestion
    assert "mètres" in by_line[12].suggestion


def test_lines_are_those_of_the_file_even_after_a_text_on_several_lines(tmp_path: Path) -> None:
    rows = [site(commentaire="un\ndeux\ntrois"), site(id_fs="2", latitude="")]
    _, report = read_france_services(write_sites(tmp_path / "fs.csv", rows))
    assert list(_errors(report)) == [5]


def test_codes_are_judged_only_where_communes_are_known(tmp_path: Path) -> None:
    row = site(insee_dep="29", insee_com="29999", lib_com="Brest", latitude="48.39", longitude="-4.48")
    table, report = read_france_services(write_sites(tmp_path / "fs.csv", [row]), known_communes=COMMUNES)
    assert len(table) == 1
    assert report.findings == []
    codes_alone = read_france_services(write_sites(tmp_path / "fs.csv", [site()]), known_communes=set(COMMUNES))
    assert len(codes_alone[0]) == 1


def test_arrondissement_becomes_its_commune(tmp_path: Path) -> None:
    row = site(insee_dep="75", insee_com="75112", lib_com="Paris 12e", latitude="48.84", longitude="2.39")
    table, _ = read_france_services(write_sites(tmp_path / "fs.csv", [row]), known_communes={"75056": "Paris"})
    assert table.code_insee.tolist() == ["75056"]


def test_doubtful_places_are_kept_with_a_warning(tmp_path: Path) -> None:
    rows = [
        site(insee_dep="2B"),
        site(id_fs="2", latitude="48.85", longitude="2.35"),
        site(id_fs="3", code_postal="1200"),
    ]
    table, report = read_france_services(write_sites(tmp_path / "fs.csv", rows))
    assert table.departement_code.tolist() == ["2A", "2A", "2A"]
    assert table.postal_code.tolist() == ["20126", "20126", None]
    assert [(finding.severity, finding.line, finding.field) for finding in report.findings] == [
        ("warning", 2, "insee_dep"), ("warning", 3, "latitude"), ("warning", 4, "code_postal"),
    ]  # fmt: skip


def test_fictional_departement_is_accepted(tmp_path: Path) -> None:
    row = site(insee_dep="00", insee_com="00001", code_postal="00000", latitude="46.1", longitude="-6.0")
    table, report = read_france_services(
        write_sites(tmp_path / "fs.csv", [row]), known_communes={"00001": "Port-Fictif"}
    )
    assert table.departement_code.tolist() == ["00"]
    assert report.findings == []


def test_ten_thousand_rows_with_progress(tmp_path: Path) -> None:
    rows = (site(id_fs=str(i), commentaire=f"RDV au 04 95 {i % 100:02d} 26 52") for i in range(10_000))
    seen: list[tuple[int, int | None]] = []
    table, report = read_france_services(
        write_sites(tmp_path / "fs.csv", rows), progress=lambda done, total: seen.append((done, total))
    )
    assert len(table) == 10_000
    assert seen[-1] == (10_000, 10_000)
    assert report.facts["contacts_removed"] == 10_000
