"""The report as a reader gets it: standard, bytes, words, tags."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pikepdf
import pytest
import typst

from app.report.content import ReportContent
from app.report.french import _DRAWABLE_POINTS
from app.report.render import render_pdf
from tests.app.report_world import SMALL_ALT, large_content, small_content

HOSTILE = "#import \"x\": * _a_ $x^2$ <b> & `c` @d \\e [f] 'g' //h = i"


@pytest.fixture(scope="module")
def small_pdf() -> bytes:
    return render_pdf(small_content())


def words_of(pdf: bytes, folder: Path) -> str:
    """The text on one line, as poppler reads it; spaces that may break are made plain."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) n'est pas installé")
    path = folder / "report.pdf"
    path.write_bytes(pdf)
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
    text = done.stdout.decode().replace("\u00a0", " ").replace("\u202f", " ")
    return " ".join(text.split())


@pytest.fixture(scope="module")
def small_words(small_pdf: bytes, tmp_path_factory: pytest.TempPathFactory) -> str:
    return words_of(small_pdf, tmp_path_factory.mktemp("report"))


def elements(node: pikepdf.Object) -> Iterator[pikepdf.Dictionary]:
    """Every structure element below ``node``."""
    children = node.get("/K")
    for child in children if isinstance(children, pikepdf.Array) else [children]:
        if isinstance(child, pikepdf.Dictionary) and "/S" in child:
            yield child
            yield from elements(child)


def tags_of(pdf: bytes) -> tuple[pikepdf.Pdf, list[pikepdf.Dictionary]]:
    document = pikepdf.open(BytesIO(pdf))
    return document, list(elements(document.Root.StructTreeRoot))


def test_it_declares_pdf_ua_1_language_and_title(small_pdf: bytes) -> None:
    document, _ = tags_of(small_pdf)
    assert document.Root.MarkInfo.Marked
    assert str(document.Root.Lang).lower().startswith("fr")
    assert document.Root.ViewerPreferences.DisplayDocTitle
    with document.open_metadata() as metadata:
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["dc:title"] == "Rapport annuel 2026, Hauteterre"
        assert "Accueil30" in str(metadata["dc:creator"])


def test_tables_have_header_cells_and_headings_never_skip(small_pdf: bytes) -> None:
    _, tags = tags_of(small_pdf)
    names = [str(tag.S) for tag in tags]
    assert names.count("/Table") >= 9
    for table in (tag for tag in tags if tag.S == "/Table"):
        assert any(child.S == "/TH" for child in elements(table)), "a table without a header cell"
    levels = [int(name[2:]) for name in names if name[:2] == "/H" and name[2:].isdigit()]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_figures_carry_their_alternative_text(small_pdf: bytes) -> None:
    _, tags = tags_of(small_pdf)
    alternatives = [str(tag.get("/Alt", "")) for tag in tags if tag.S == "/Figure"]
    assert len(alternatives) == 2
    assert alternatives[0].startswith("Barre à l’échelle")
    assert alternatives[1] == SMALL_ALT.replace("'", "’")


def test_bookmarks_lead_to_every_chapter(small_pdf: bytes) -> None:
    document, _ = tags_of(small_pdf)
    with document.open_outline() as outline:
        titles = [item.title for item in outline.root]
    for chapter in ("L’essentiel", "Méthode et limites", "Réseau d’accueil", "Couverture du territoire",
                    "Communes non couvertes", "Carte", "Convention et dotation", "Sources et licences",
                    "Avertissements"):  # fmt: skip
        assert chapter in titles


def test_same_content_same_bytes(small_pdf: bytes) -> None:
    assert render_pdf(small_content()) == small_pdf


def test_only_embedded_fonts_are_used(small_pdf: bytes) -> None:
    document, _ = tags_of(small_pdf)
    names = {str(o.BaseFont) for o in document.objects if isinstance(o, pikepdf.Dictionary) and "/BaseFont" in o}
    assert names
    assert all("LibertinusSerif" in name or "DejaVuSansMono" in name for name in names), names


@pytest.mark.parametrize(
    "words",
    [
        "Territoire fictif : toutes les données sont inventées",
        "Premier accueil social inconditionnel de proximité",
        "3f2b8c1e-0000-4000-8000-000000000042",
        "21 novembre 2026 à 8 h 05 (UTC)",
        "Hautecombe-Préfecture 12 345 12 345 0 0 100,0 % 6,4 18,3",
        "Étang-d’Œil 1 540 1 500 40 0 97,4 % 14,0 31,8",
        "Ensemble 15 634 15 035 515 84 96,2 % 8,2 aucune route",
        "Inconnue-la-Grande 64 0 0 64 inconnu inconnu inconnu",
        "Lieu-sans-Âme 0 0 0 0 sans objet sans objet sans objet",
        "Communes hors EPCI 149 0 85 64 0,0 % aucune route aucune route",
        "lieux du seul département, bus compris 14 825 94,8 % −210",
        "Individus de la grille Filosofi 2019, 200 m 11 820 11 380 96,3 %",
        "2025 85 000,00 € 85 000,00 € 85 000,00 € 91 234,56 € 0,00 € 0,00 € −6 234,56 €",
        "2026 85 000,00 € 60 123,40 € inconnu inconnu 24 876,60 € inconnu inconnu",
        "Total 170 000,00 € inconnu inconnu",
        "b1b1b1b1b1b1…",
        "strictement moins de 30 minutes",
        "médiane 8,2 min ; une partie des habitants n’a aucune route vers un lieu",
    ],
)
def test_figures_are_written_in_french(small_words: str, words: str) -> None:
    assert words in small_words


def test_spaces_inside_figures_are_no_break_spaces(small_pdf: bytes) -> None:
    """pdftotext flattens spaces; the file itself says which ones they are."""
    document, _ = tags_of(small_pdf)
    streams = [o for o in document.objects if isinstance(o, pikepdf.Stream) and o.get("/Type") == "/CMap"]
    maps = " ".join(stream.read_bytes().decode() for stream in streams)
    assert "<202F>" in maps
    assert "<00A0>" in maps


def test_flagged_communes_carry_their_note(small_words: str) -> None:
    assert "signale 1 commune sans carreau" in small_words
    assert "Île-aux-Moines-Gris (a)" in small_words


def test_uncovered_communes_come_with_the_most_people_first(small_words: str) -> None:
    part = small_words[small_words.rindex("Communes non couvertes") :]
    places = [part.index(nom) for nom in ("Vallée-Haute", "Île-aux-Moines-Gris", "Étang-d’Œil")]
    assert places == sorted(places)
    assert "Île-aux-Moines-Gris aucune 85 85 aucune route aucun" in part


def test_no_agreement_is_said_in_words(tmp_path: Path) -> None:
    words = words_of(render_pdf(replace(small_content(), agreements=())), tmp_path)
    assert "Aucune dotation n’est enregistrée pour 2026" in words
    assert "Aucune convention n’est enregistrée pour ce territoire" in words


def test_nobody_uncovered_is_said_in_words(tmp_path: Path) -> None:
    content = small_content()
    kept = [zone for zone in content.communes if not zone.uncovered]
    head = replace(
        content.headline,
        total=sum(z.total for z in kept), covered=sum(z.covered for z in kept), uncovered=0,
        covered_pct=100.0 * sum(z.covered for z in kept) / sum(z.total for z in kept), max_min=21.0,
    )  # fmt: skip
    shapes = tuple(s for s in content.map.shapes if s.code in {z.code for z in kept})
    content = replace(
        content, communes=tuple(kept), epcis=(replace(head, code="-", nom="Communes hors EPCI"),), headline=head, uncovered_communes=(), scopes=(),
        map=replace(content.map, shapes=shapes), variants=(),
    )  # fmt: skip
    assert "Aucune commune ne compte d’habitant non couvert" in words_of(render_pdf(content), tmp_path)


def test_how_people_travel_what_is_declared_and_who_is_lost_are_printed(small_words: str) -> None:
    for words in (
        "Selon le moyen et la saison", "en voiture, en hiver", "en voiture, en été (ce rapport)", "Routes déclarées",
        "Bac du Lac", "Habitants de situation inconnue", "séparés du réseau par de l’eau", "Lieux hors du réseau",
        "Refuge du Lac",
    ):  # fmt: skip
        assert words in small_words, words


ALERT = "Les chiffres sont ceux du calcul du 21 novembre 2026, pas de l'année 2024."


def test_figures_of_another_year_are_said_on_the_cover_before_any_figure(tmp_path: Path, small_words: str) -> None:
    words = words_of(render_pdf(replace(small_content(), year=2024, alert=ALERT)), tmp_path)
    said = ALERT.replace("'", "’")
    assert words.index(said) < words.index("Version du service"), "not on the cover"
    assert words.count(said) == 2, "the cover and the summary"
    assert "Les chiffres sont ceux du calcul" not in small_words


def test_without_a_grid_there_is_no_line_of_its_people(tmp_path: Path, small_words: str) -> None:
    content = replace(small_content(), individuals_total=0.0, individuals_covered=0.0)
    label = content.individuals_label
    assert label in small_words
    assert label not in words_of(render_pdf(content), tmp_path)


def hostile_content() -> ReportContent:
    content = small_content()
    communes = list(content.communes)
    communes[4] = replace(communes[4], nom="<Bourg> & *#x*")
    uncovered = list(content.uncovered_communes)
    uncovered[1] = replace(uncovered[1], nearest_site=HOSTILE, epci_nom="$")
    uncovered[2] = replace(uncovered[2], nom="<Bourg> & *#x*", nearest_site="Bus 🚌 日本\x07\ufeff")
    shapes = list(content.map.shapes)
    shapes[4] = replace(shapes[4], nom="<Bourg> & *#x*")
    points = (replace(content.map.points[0], label='"]]> <!-- & \x00'), *content.map.points[1:])
    return replace(
        content,
        communes=tuple(communes),
        uncovered_communes=tuple(uncovered),
        map=replace(content.map, shapes=tuple(shapes), points=points),
        warnings=("#panic()", "= Titre", "- #sys.inputs", "\\u{41}"),
        departement_nom="#Val *d'Or*",
    )


def test_hostile_names_come_out_as_text(tmp_path: Path) -> None:
    words = words_of(render_pdf(hostile_content()), tmp_path)
    names = (
        "#import",
        "$x^2$",
        "`c`",
        "@d",
        "//h",
        "<Bourg> & *#x*",
        "#Val *d’Or*",
        "Bus \ufffd \ufffd\ufffd",
    )
    warnings = ("#panic()", "= Titre", "- #sys.inputs", "\\u{41}")
    for fragment in (*names, *warnings):
        assert fragment in words


def test_every_character_we_call_drawable_has_a_glyph() -> None:
    every = "".join(map(chr, sorted(_DRAWABLE_POINTS)))
    source = '#set document(title: "x")\n#set text(lang: "fr", font: "Libertinus Serif")\n#sys.inputs.every\n'
    compiler = typst.Compiler(source.encode(), ignore_system_fonts=True, sys_inputs={"every": every})
    assert compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=0)


def test_a_run_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="fuseau horaire"):
        render_pdf(replace(small_content(), run_created_at=datetime(2026, 11, 21)))  # noqa: DTZ001


def test_a_real_sized_report_builds(tmp_path: Path) -> None:
    content = large_content()
    wall, cpu = time.perf_counter(), time.process_time()
    pdf = render_pdf(content)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"\n360 communes : {wall:.2f} s, dont {cpu:.2f} s de calcul, {len(pdf) / 1024:.0f} Kio")
    words = words_of(pdf, tmp_path)
    assert all(f"00{number:03d}" in words for number in range(1, 361))
    document, _ = tags_of(pdf)
    assert 10 <= len(document.pages) <= 25
