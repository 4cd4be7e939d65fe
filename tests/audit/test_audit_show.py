"""How marked text is shown: every mark is named once, where it ends, and the text itself is as it was."""

import re

from looking import document

from uptake.audit.findings import Settings, findings
from uptake.audit.page import Mark
from uptake.audit.show import Found, to_html

TEXT = "Then Siosaia wrote a card\n\nand stood there holding it."


def page_with(*marks):
    found = Found.of(["tells", "ownerless"], 10)
    found.add(document(TEXT), list(marks))
    found.close(findings(Settings(["tells", "ownerless"])))
    return re.search("<pre>(.*?)</pre>", to_html(found, "", "a corpus"), re.DOTALL)[1]


def test_a_mark_within_another_is_named_where_it_ends_and_the_outer_one_at_its_own_end():
    shown = page_with(Mark("tells", "sentence", 0, 25), Mark("tells", "name", 5, 12))
    assert re.findall(r"(\w+)<sup>(.*?)</sup>", shown) == [("Siosaia", "tells"), ("card", "tells")]


def test_marks_of_two_findings_on_one_span_are_both_named():
    shown = page_with(Mark("tells", "name", 5, 12), Mark("ownerless", "hedge", 5, 12))
    assert re.findall(r"(\w+)<sup>(.*?)</sup>", shown) == [("Siosaia", "tells, ownerless")]


def test_the_text_of_a_document_is_shown_as_it_is():
    shown = page_with(Mark("tells", "name", 5, 12), Mark("ownerless", "hedge", 40, 50))
    assert re.sub(r"<sup>.*?</sup>|<[^>]+>", "", shown) == TEXT
