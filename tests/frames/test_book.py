import re
from pathlib import Path

import pytest
from drawn_known import BOOK

from uptake.errors import UserError
from uptake.frames.book import choose, read_book
from uptake.frames.filler import read_filler, shipped_filler

PAGE = (Path(__file__).parents[2] / "docs/frames.md").read_text()
SMALL = """\
gap: ["[left out]"]
frames:
  plain: {about: Nothing.}
  said:
    about: Something.
    before:
      first: {wordings: ["By {author}.", "From {author}."]}
    after:
      last: {wordings: ["End."], use: false}
"""


def book(tmp_path, text=SMALL):
    (tmp_path / "book.yaml").write_text(text)
    return read_book(tmp_path / "book.yaml")


def test_every_part_of_the_shipped_frames_has_at_least_four_wordings():
    lists = [(frame.name, each.name, listed) for frame in BOOK.frames.values() for each in (*frame.before, *frame.after)
             for listed in each.wordings.lists.values()]
    lists += [(frame.name, turn.name, listed) for frame in BOOK.frames.values() for turn in frame.turns
              for each in (turn.ask, *turn.answers.values()) for listed in each.lists.values()]
    assert len(lists) > 50
    assert [(frame, part) for frame, part, listed in lists if listed and len(set(listed)) < 4] == []


def test_the_frames_of_the_design_are_there():
    assert {"blunt", "record", "fiction", "transparent", "letter", "testimony", "talk", "quiz", "moral", "correction",
            "placebo", "nonce", "frame-only", "neutral", "swapped"} <= set(BOOK.frames)


def test_the_page_about_frames_names_every_frame_and_every_part():
    for frame in BOOK.frames.values():
        assert f"`{frame.name}`" in PAGE
        if frame.name in ("transparent", "letter", "testimony", "talk", "quiz"):
            assert all(f"`{part}`" in PAGE for part in frame.parts)


def test_the_frame_that_the_page_shows_as_ones_own_can_be_read(tmp_path):
    shown = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1]
    assert book(tmp_path, shown).frame("signed").parts == ("name",)


def test_a_part_is_chosen_by_its_name_or_by_its_frames():
    talk, transparent = choose(BOOK, ["talk", "transparent"], parts=["origin", "talk.meta"])
    assert [turn.name for turn in talk.turns if turn.use] == ["meta"]
    assert [part.name for part in (*transparent.before, *transparent.after) if part.use] == ["origin"]


def test_a_frame_without_any_of_the_parts_stays_as_it_is():
    (record,) = [frame for frame in choose(BOOK, ["record", "talk"], parts=["meta"]) if frame.name == "record"]
    assert record == BOOK.frame("record")


def test_parts_of_the_frame_that_a_control_is_made_from_can_be_switched():
    (placebo,) = choose(BOOK, ["placebo:talk"], without=["meta"])
    assert [turn.name for turn in placebo.base.turns if not turn.use] == ["meta"]


@pytest.mark.parametrize(("names", "parts", "said"), [
    (["tlak"], None, "there is no frame 'tlak'"), (["talk"], ["prompt"], "none of these frames has a part 'prompt'"),
    (["talk:record"], None, "'talk' is made from no other"), (["placebo:blunt"], None, "needs a frame with words"),
    (["placebo:swapped"], None, "needs a frame with words"),
    (["blunt"], ["origin"], "none of these frames has a part")])
def test_what_there_is_not_is_refused(names, parts, said):
    with pytest.raises(UserError, match=said):
        choose(BOOK, names, parts)


def test_a_part_can_be_off_by_itself(tmp_path):
    frame = book(tmp_path).frame("said")
    assert [part.use for part in (*frame.before, *frame.after)] == [True, False]


@pytest.mark.parametrize(("old", "new", "line", "said"), [
    ('"From {author}."', '"From {generator}."', 7, "does not name the same fields"),
    ("{author}.", "{autor}.", 7, "nothing that a frame can fill in"),
    ("{author}.", "{author.", 7, "braces do not match"),
    ("Nothing.}", "Nothing., puts: texts}", 3, "unknown value 'texts'"),
    ("Nothing.}", "Nothing., of: said}", 3, "a control says `of`"),
    ("use: false", "used: false", 9, "unknown key 'used'"),
    ("last:", "first:", 4, "two parts are called 'first'"),
    ('wordings: ["End."]', "wordings: []", 9, "there is no wording")])
def test_a_file_of_frames_that_would_mislead_is_refused_with_its_line(tmp_path, old, new, line, said):
    with pytest.raises(UserError, match=said) as caught:
        book(tmp_path, SMALL.replace(old, new, 1))
    assert caught.value.where.endswith(f"book.yaml:{line}")


def test_the_filler_has_a_sentence_of_every_length_up_to_the_longest():
    filler = shipped_filler()
    lengths = {len(filler.filled(sentence, 0).split()) for sentence in filler.sentences}
    assert lengths == set(range(1, max(lengths) + 1))


def test_a_list_of_filler_holds_single_words(tmp_path):
    (tmp_path / "filler.yaml").write_text('lists: {thing: [a lamp]}\nsentences: ["The {thing}."]\n')
    with pytest.raises(UserError, match="single words"):
        read_filler(tmp_path / "filler.yaml")


def test_a_sentence_of_filler_has_lists_for_its_blanks(tmp_path):
    (tmp_path / "filler.yaml").write_text('lists: {thing: [lamp]}\nsentences: ["The {thig}."]\n')
    with pytest.raises(UserError, match="there is no list 'thig'"):
        read_filler(tmp_path / "filler.yaml")
