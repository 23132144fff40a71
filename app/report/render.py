"""``ReportContent`` to a tagged PDF (PDF/UA-1). The database is asked nothing; same content, same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import typst

from app.report.checks import check_adds_up
from app.report.content import ReportContent
from app.report.figures import bar_svg, map_svg, outline_svg
from app.report.view import report_view

TEMPLATE: Final = Path(__file__).with_name("template.typ")


def render_pdf(content: ReportContent) -> bytes:
    """The annual report, A4, French, tagged for assistive technologies.

    Raises ValueError when the figures do not add up, when the run's date has no time zone, or when a time is
    not a number. typst.TypstError means a defect of ours: the build refuses a figure without alternative text
    or a skipped heading level.
    """
    check_adds_up(content)
    view = report_view(content)
    inputs = {
        "vue": json.dumps(view, ensure_ascii=False),
        "carte": map_svg(content.map, content.communes, threshold_min=content.threshold_min),
        "barre": bar_svg(content.headline),
        "contour": outline_svg(content.map),
    }
    # only typst's embedded fonts: the same pages on every machine
    compiler = typst.Compiler(TEMPLATE.read_bytes(), ignore_system_fonts=True, sys_inputs=inputs)
    pdf = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=int(content.run_created_at.timestamp()))
    if not isinstance(pdf, bytes):
        raise TypeError("typst n'a pas rendu un document unique")
    return pdf
