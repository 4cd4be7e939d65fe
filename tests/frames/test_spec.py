import pytest

from uptake.errors import UserError
from uptake.frames import FrameSpec, Part, read_frames


def refusal(raw: dict, name: str = "f") -> str:
    with pytest.raises(UserError) as caught:
        read_frames({name: raw}, "frames.yaml")
    return str(caught.value)


def test_a_frame_is_read_with_all_that_it_says():
    raw = {"how": "wrap", "about": "A log.", "before": ["Log:", "Note:"], "after": "End.", "loss": False}
    assert read_frames({"record": raw}, "f.yaml") == {
        "record": FrameSpec("record", "wrap", "A log.", before=("Log:", "Note:"), after=("End.",), loss=False)}


def test_parts_are_read_in_order_and_in_use_unless_said_otherwise():
    request = {"at": "after", "use": False, "wordings": "Well?"}
    parts = {"origin": {"at": "before", "wordings": ["By {author}."]}, "request": request}
    spec = read_frames({"transparent": {"how": "wrap", "parts": parts}}, "f.yaml")["transparent"]
    assert spec.parts == (Part("origin", "before", ("By {author}.",)), Part("request", "after", ("Well?",), use=False))
    assert spec.needs == ("author",)


def test_like_takes_the_words_of_another_frame_wherever_it_stands():
    raw = {"frame-only": {"how": "instead", "like": "record"}, "record": {"how": "wrap", "before": "Log:"}}
    frames = read_frames(raw, "frames.yaml")
    assert frames["frame-only"].before == ("Log:",)


@pytest.mark.parametrize(("raw", "said"), [
    ({"how": "wrp", "before": "A"}, "did you mean 'wrap'"),
    ({"before": "A"}, "unknown how"),
    ({"how": "wrap", "befor": "A"}, "did you mean 'before'"),
    ({"how": "wrap", "before": ["A", 3]}, "not 3"),
    ({"how": "wrap", "before": ["A", " "]}, "not empty"),
    ({"how": "wrap", "before": " A"}, "begins or ends with a space"),
    ({"how": "wrap", "before": {"a": "A"}}, "a text or a list of texts"),
    ({"how": "wrap", "before": "By {autor}."}, "did you mean 'author'"),
    ({"how": "wrap", "before": "By {author."}, "do not match"),
    ({"how": "wrap", "before": "A", "loss": "no"}, "'loss' is a bool"),
    ({"how": "wrap"}, "a wrap has words"),
    ({"how": "bare", "before": "A"}, "no words around"),
    ({"how": "none", "like": "g"}, "no words around"),
    ({"how": "none", "sentences": "A"}, "no sentences of its own"),
    ({"how": "bare", "sentences": "{subject} has {author}."}, "nothing that a frame can fill in"),
    ({"how": "instead", "like": "recrd"}, "no other frame 'recrd'"),
    ({"how": "instead", "like": "f"}, "no other frame 'f'"),
    ({"how": "instead", "like": "g", "before": "A"}, "not both"),
    ({"how": "wrap", "parts": {"a": {"at": "above", "wordings": "A"}}}, "before or after"),
    ({"how": "wrap", "parts": {"a": {"at": "after"}}}, "at least one wording"),
    ({"how": "wrap", "parts": {"a": {"at": "after", "wordings": "A", "use": "yes"}}}, "true or false"),
    ({"how": "wrap", "parts": {"a": {"att": "after", "wordings": "A"}}}, "did you mean 'at'"),
    ({"how": "wrap", "parts": {"a": "A"}}, "a part is a mapping"),
    ("wrap", "a frame is a mapping"),
])
def test_a_mistake_in_a_frame_is_named_with_its_place(raw, said):
    message = refusal(raw)
    assert said in message and message.startswith("frames.yaml: f")


def test_a_frame_without_words_cannot_be_borrowed_from():
    with pytest.raises(UserError, match="no words of its own"):
        read_frames({"f": {"how": "instead", "like": "g"}, "g": {"how": "bare"}}, "frames.yaml")


def test_frames_that_are_no_mapping_are_refused():
    with pytest.raises(UserError, match="a mapping from"):
        read_frames(["blunt"], "frames.yaml")
