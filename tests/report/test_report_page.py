"""Both reports: golden Markdown, the page's structure, and what is said where something is missing."""

import copy
import json
import os
import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from make_results import ARMS, make_study

from uptake.records import Example, Segment
from uptake.report import compose, to_html, to_markdown, write_report

GOLDEN = Path(__file__).parent / "golden_report.md"
VOID = {"meta", "br", "link", "img", "input", "hr", "path", "use", "rect"}


class Elements(HTMLParser):
    """Collects tags, ids and links, and checks that elements close in the order in which they were opened."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.ids, self.links, self.stack = Counter(), [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags[tag] += 1
        values = dict(attributes)
        self.ids += [values["id"]] if "id" in values else []
        self.links += [value for name, value in attributes if name in ("href", "src", "xlink:href", "action")]
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.stack.pop() == tag


@cache
def page() -> str:
    return to_html(compose(*make_study()))


def page_of(**changed) -> str:
    made = make_study()
    return to_html(compose(made.results | changed, made.table, made.documents, made.plan))


def test_the_markdown_report_is_the_golden_one():
    text = to_markdown(compose(*make_study()))
    if os.environ.get("UPTAKE_WRITE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")

    assert text == GOLDEN.read_text(encoding="utf-8")


def test_the_same_results_give_the_same_bytes(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        assert write_report(*copy.deepcopy(make_study()), folder) == folder / "report.html"

    for name in ("report.html", "report.md"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_the_page_is_well_formed_and_its_ids_are_unique():
    found = Elements(page())

    assert found.stack == []
    assert [name for name, times in Counter(found.ids).items() if times > 1] == []


def test_every_link_leads_to_a_place_in_the_page():
    found = Elements(page())

    assert {link for link in found.links if not link.startswith("#")} == set()
    missing = {link[1:] for link in found.links} - set(found.ids)
    assert {name for name in missing if not name.startswith("cell-")} == set()


def test_the_page_names_no_other_address():
    outside = set(re.findall(r"https?://[^\s\"'<]+", page())) - {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }

    assert outside == set()
    assert "@import" not in page()
    assert "url(http" not in page()


def test_the_sections_stand_in_order():
    heads = re.findall(r'<section id="([a-z]+)"', page())

    assert heads == [
        *("verdicts", "profile", "signature", "phase", "gate", "calibration", "controls", "unscored"),
        *("items", "methods"),
    ]


def test_every_figure_has_a_caption_a_drawing_and_a_table():
    for figure in re.findall(r"<figure>.*?</figure>", page(), re.DOTALL):
        assert "<figcaption>" in figure
        assert "<svg" in figure
        assert "<table>" in figure


def test_text_in_figures_stays_text():
    drawn = "".join(re.findall(r"<svg.*?</svg>", page(), re.DOTALL))

    assert "learns what it reads" in drawn
    assert "neglects the frame" in drawn
    assert "<metadata" not in drawn
    assert "<style" not in drawn


def test_every_number_of_the_profile_tables_leads_to_items():
    data = json.loads(re.search(r'id="drill-data">(.*?)</script>', page(), re.DOTALL)[1])
    led = set(re.findall(r'data-cell="([^"]+)"', page()))

    assert led
    assert led <= set(data["cells"])


def test_every_number_of_the_open_tables_has_a_fold_for_pages_without_script():
    open_tables = re.sub(r"<details.*?</details>", "", page(), flags=re.DOTALL)

    assert set(re.findall(r'data-cell="([^"]+)"', open_tables)) <= set(Elements(page()).ids)


def test_no_text_of_an_item_can_end_the_script_or_become_markup():
    made = make_study()
    segment = Segment("</script><script>alert(1)</script>", "content")
    document = [Example((segment,), "document", each.frame, each.claim) for each in made.documents]
    results = made.results | {"question": "<b>What</b> & why?"}

    text = to_html(compose(results, made.table, document, made.plan))

    assert "<script>alert" not in text
    assert "\\u003cscript>alert" in text
    assert "&lt;b&gt;What&lt;/b&gt; &amp; why?" in text


def test_one_arm_alone_gets_a_report():
    results = copy.deepcopy(make_study().results)
    results["arms"] = ["schooled"]
    for name in ("profile", "gate", "controls"):
        results[name] = [entry for entry in results[name] if entry["arm"] == "schooled"]
    text = page_of(**results)

    assert "unschooled: " not in "".join(re.findall(r"<svg.*?</svg>", text, re.DOTALL))
    assert "read against learnt" in text


@pytest.mark.parametrize(
    ("context", "sentences"),
    [
        (
            "in_context",
            ["so what is read cannot be set against", "so the gate was not measured", "cannot be said"],
        ),
        (
            "trained",
            [
                "so what is learnt cannot be set against",
                "so there is no course to draw",
                "only how the documents",
            ],
        ),
    ],
)
def test_a_context_that_was_not_measured_is_named(context, sentences):
    profile = [entry for entry in make_study().results["profile"] if entry["context"] != context]
    text = page_of(profile=profile, gate=[])

    assert all(sentence in text for sentence in sentences)
    assert Elements(text).stack == []


def test_an_empty_study_says_what_is_missing_in_every_section():
    made = make_study()
    bare = {
        "profile": [],
        "verdicts": [],
        "gate": [],
        "controls": [],
        "calibration": {},
        "departures": [],
        "versions": {},
    }
    report = compose(made.results | bare, made.table.slice(0, 0), (), {})

    text = to_html(report)

    assert text.count('class="missing"') == 7
    assert "<figure>" not in text
    assert "<svg" not in text
    assert "No reading has a number" in to_markdown(report)


def test_a_reading_without_any_number_shows_its_reason():
    profile = [
        entry
        | {
            "mean": None,
            "low": None,
            "high": None,
            "accuracy": None,
            "seed_means": {},
            "reason": "option mass too low",
        }
        if entry["reading"] == "other"
        else entry
        for entry in make_study().results["profile"]
    ]
    text = page_of(profile=profile)

    assert "option mass too low" in text
    assert 'aria-label="Dot plot, arm schooled, reading content' in text
    assert 'aria-label="Dot plot, arm schooled, reading other' not in text
    assert text.count("No frame has a number both in context and after training.") == 2


def test_a_single_cell_without_a_number_is_marked_in_its_row():
    profile = copy.deepcopy(make_study().results["profile"])
    for entry in profile:
        if (entry["frame"], entry["reading"], entry["context"]) == ("fiction", "other", "trained"):
            entry |= {"mean": None, "low": None, "high": None, "reason": "every item was too long"}

    text = page_of(profile=profile)

    assert ">no number</text>" in text
    assert "every item was too long" in text


def test_the_log_odds_scale_is_drawn_and_named():
    profile = copy.deepcopy(make_study().results["profile"])
    for entry in profile:
        for name in ("mean", "low", "high"):
            entry[name] = None if entry[name] is None else round(8 * (entry[name] - 0.5), 4)
        entry["seed_means"] = {seed: 8 * (mean - 0.5) for seed, mean in entry["seed_means"].items()}

    text = page_of(profile=profile, scale="log-odds")

    assert "log-odds of the claim (nats)" in text
    assert ">chance</text>" not in text
    assert ">even odds</text>" in text


def test_many_arms_and_readings_get_a_report():
    made = make_study()
    found = [e for e in made.results["profile"] if e["arm"] == ARMS[0] and e["checkpoint"] in (0, 64000)]
    extra = [
        entry | {"arm": f"arm{n}"}
        for n in range(9)
        for entry in found
        if entry["frame"] in ("blunt", "record")
    ]
    text = page_of(
        frames=["blunt", "record"],
        arms=[f"arm{n}" for n in range(9)],
        profile=extra,
        verdicts=[],
        gate=[],
        controls=[],
    )

    assert Elements(text).stack == []


def test_what_the_plan_holds_is_listed_even_if_unknown():
    made = make_study()
    text = to_markdown(
        compose(made.results | {"profile": []}, made.table, (), made.plan | {"weather": {"sky": "clear"}})
    )

    assert "- weather\n  - sky: clear" in text


def test_rows_of_one_shape_become_a_table():
    planted = {"record": {"self": 1.0, "wish": 0.0}, "fiction": {"self": 0.0}}
    text = page_of(profile=[], calibration={"planted": planted})

    assert '<th scope="col" class="n">wish</th>' in text


def test_d_prime_is_told_by_frame_and_context_where_a_study_has_it_and_has_no_section_elsewhere():
    entry = {"arm": ARMS[0], "frame": "blunt", "context": "trained", "d": 1.349, "low": 0.2, "high": 2.5,
             "criterion": -0.25, "hits": 14, "signals": 18, "false_alarms": 4, "noises": 18, "unscored": 0, "claims": 3,
             "seed_means": {"0": 1.349}, "less_neutral": {"mean": 1.1, "low": 0.1, "high": 2.1, "reason": ""},
             "reason": ""}
    lost = entry | {"context": "in_context", "d": None, "low": None, "high": None, "reason": "no situation",
                    "less_neutral": None}
    made = make_study()
    told = to_markdown(compose(made.results | {"discrimination": [entry, lost]}, *made[1:]))
    row = next(line for line in told.splitlines() if "1.35 (0.20 to 2.50)" in line)
    assert row.split(" | ")[1:3] == ["blunt", "– (no situation)"]
    assert "| 14 of 18 | 4 of 18 | −0.25 | +1.10 (0.10 to 2.10) |" in told
    assert "half a case added to either" in " ".join(page_of(discrimination=[entry]).split())
    assert "Where it fits" not in page()
