"""French figures as the page shows them, back to numbers."""

from __future__ import annotations

from playwright.sync_api import Page


def integer(text: str) -> int:
    """``"1\\u202f234"`` -> 1234. Raises ValueError for anything else: "inconnu" is not a number."""
    return int("".join(character for character in text if not character.isspace()))


def figures(page: Page) -> dict[str, int]:
    """The headline: covered, uncovered, unknown, total."""
    shown = page.locator("[data-figure]").evaluate_all(
        "(all) => all.map((one) => [one.dataset.figure, one.textContent])"
    )
    return {name: integer(text) for name, text in shown}


def rows(page: Page, panel: str) -> dict[str, list[str]]:
    """The table of a tab as text: row key -> cells, the row header first."""
    read = page.locator(f"#panel-{panel} tbody tr").evaluate_all(
        "(all) => all.map((row) => [row.dataset.key, [...row.cells].map((cell) => cell.textContent)])"
    )
    return dict(read)


def columns(page: Page, panel: str) -> list[str]:
    return [text.strip(" ↕▲▼") for text in page.locator(f"#panel-{panel} thead th").all_text_contents()]
