"""The report: one page that opens offline, and the same numbers as Markdown."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa

from uptake.files import atomic_write
from uptake.records import Example
from uptake.report.items import Limits
from uptake.report.page import Report, compose, to_html, to_markdown

__all__ = ["Limits", "Report", "compose", "to_html", "to_markdown", "write_report"]


def write_report(
    results: dict, table: pa.Table, documents: Iterable[Example | Mapping], plan: Mapping, out: Path
) -> Path:
    """Write report.html and report.md into the folder `out` and return the page's path.

    The arguments are what `compose` takes; the same arguments give the same bytes. Raises UserError when the
    disk does not allow it.
    """
    report = compose(results, table, documents, plan)
    page = Path(out) / "report.html"
    atomic_write(page, to_html(report))
    atomic_write(page.with_suffix(".md"), to_markdown(report))
    return page
