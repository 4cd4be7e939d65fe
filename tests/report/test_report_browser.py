"""The page in a real browser, without the network: everything is drawn, nothing complains, numbers lead to
items.
"""

import html
import json
import os
import re
import shutil
import subprocess

import pytest
from make_results import make_study

from uptake.report import compose, to_html

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--allow-file-access-from-files",
    "--enable-logging=stderr",
    "--window-size=1300,2000", "--virtual-time-budget=8000", "--dump-dom",
)  # fmt: skip

# Runs inside the page once it has loaded, and tells the page around it what it found.
SELF_CHECK = """
<script>
const blocked = [];
document.addEventListener("securitypolicyviolation", (event) => blocked.push(event.blockedURI));
addEventListener("load", () => {
  const size = (element) => { const box = element.getBoundingClientRect(); return [box.width, box.height]; };
  const wide = (text) => {
    const [box, frame] = [text.getBoundingClientRect(), text.closest("svg").getBoundingClientRect()];
    return box.left < frame.left - 2 || box.right > frame.right + 2;
  };
  const found = {
    width: innerWidth, scroll: document.documentElement.scrollWidth,
    svgs: [...document.querySelectorAll("svg")].map(size),
    figures: [...document.querySelectorAll("figure")].map(size),
    outside: [...document.querySelectorAll("svg text")].filter(wide).map((text) => text.textContent),
    letters: [...document.querySelectorAll("svg text")].map((text) => size(text)[1]).filter((high) => high),
    folded: size(document.getElementById("items")),
    requests: performance.getEntriesByType("resource").map((entry) => entry.name), blocked,
  };
  const link = document.querySelector("[data-cell]");
  link.focus();
  link.click();
  const dialog = document.getElementById("drill");
  found.open = dialog.open;
  found.title = document.activeElement.textContent;
  found.items = dialog.querySelectorAll(".item").length;
  found.item = dialog.querySelector(".item").textContent;
  found.marked = dialog.querySelectorAll(".frame-words").length;
  found.text = document.getElementById("drill-body").textContent;
  found.dialog = size(dialog);
  document.getElementById("drill-close").click();
  found.closed = !dialog.open;
  found.back = document.activeElement === link;
  const record = document.querySelectorAll("[data-cell]")[5];
  record.click();
  found.documents = dialog.querySelectorAll("h3 ~ pre").length;
  dialog.close();
  parent.postMessage(JSON.stringify(found), "*");
});
</script>
"""
AROUND = """<!DOCTYPE html><pre id="found"></pre><script>
addEventListener("message", (event) => { document.getElementById("found").textContent = event.data; });
</script><iframe src="page.html" style="width:{width}px;height:1800px;border:0"></iframe>"""


@pytest.fixture(scope="module")
def browser() -> str:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None and os.environ.get("CI"):
        pytest.fail("no Chromium on this machine, and CI must look at the report in one")
    if found is None:
        pytest.skip("no Chromium on this machine (looked for " + ", ".join(NAMES) + ")")
    return found


def visit(browser: str, folder, width: int, page: str) -> tuple[dict, list[str]]:
    """Open the page at this width; return what its self-check found and what the console said."""
    (folder / "page.html").write_text(page.replace("</head>", SELF_CHECK + "</head>"), encoding="utf-8")
    (folder / "around.html").write_text(AROUND.replace("{width}", str(width)), encoding="utf-8")
    command = [browser, *FLAGS, f"--user-data-dir={folder / 'profile'}", (folder / "around.html").as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    said = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    found = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)[1]
    return json.loads(html.unescape(found) or "{}"), said


@pytest.fixture(scope="module", params=[1200, 360])
def visited(browser, request, tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp("page")
    found, said = visit(browser, folder, request.param, to_html(compose(*make_study())))
    return found | {"said": said}


def test_the_console_stays_silent_and_nothing_is_requested(visited):
    assert visited["said"] == []
    assert visited["requests"] == []
    assert visited["blocked"] == []


def test_every_figure_is_drawn(visited):
    assert len(visited["figures"]) == 5
    assert len(visited["svgs"]) == 4 + 1 + 2 + 2 + 5
    assert all(width > 200 and height > 60 for width, height in visited["svgs"] + visited["figures"])


def test_the_page_fits_its_width_and_its_letters_can_be_read(visited):
    assert visited["scroll"] <= visited["width"]
    assert visited["outside"] == []
    assert min(visited["letters"]) >= 9


def test_a_number_leads_to_its_items_and_documents(visited):
    assert visited["open"]
    assert visited["title"] == "unschooled, blunt, content, untouched"
    assert visited["items"] == 8
    assert "It uses" in visited["item"]
    assert "option mass" in visited["item"]
    assert "8 of 90 items" in visited["text"]
    assert visited["documents"] > 0
    assert 0 < visited["dialog"][0] <= visited["width"]


def test_closing_leads_back_to_the_number(visited):
    assert visited["closed"]
    assert visited["back"]


def test_the_fold_for_pages_without_script_is_hidden_where_there_is_script(visited):
    assert visited["folded"] == [0, 0]


def test_the_test_would_hear_an_error(browser, tmp_path):
    _, said = visit(browser, tmp_path, 1200, "<head></head><script>undefinedFunction()</script>")

    assert any("undefinedFunction" in line for line in said)
