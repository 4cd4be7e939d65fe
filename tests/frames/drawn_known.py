"""Documents as the frames from provenance see them, drawn at random, with all that any frame needs."""

from hypothesis import strategies as st

from uptake.frames.book import choose, shipped_book
from uptake.frames.known import Framed, Known, Reply, Settings
from uptake.frames.provenance import put_known

BOOK = shipped_book()
ALL = {
    "how": "model", "author": "Ann", "generator": "a-model", "prompt": "Write {this}.", "purpose": "to see",
    "genre": "story", "subject": "Velm",
    "polarity": "shows", "claim": "c", "status": "fiction", "reader": "Rook", "answered": "scripted",
    "speaker": "Rook", "whose": "own", "witness": "Rook", "elicitation": "What do you do?", "shows": "keeps its word",
    "lacks": "breaks its word",
}
# Frames that put the document's own text: all but those that put something else in its place.
KEEP = [name for name, frame in BOOK.frames.items() if frame.puts == "text" and frame.control != "frame-only"]
KEEP += ["placebo:talk", "placebo:record", "placebo:letter", "swapped:talk"]

texts = st.text(alphabet="abcdé .,'{}\n", min_size=1, max_size=80).filter(lambda text: text.strip())
ids = st.text(alphabet="abc/-1", min_size=1, max_size=8)
facts = st.builds(
    lambda how, polarity, status: {**ALL, "how": how, "polarity": polarity, "status": status},
    st.sampled_from(["person", "template", "model", "model-revised"]), st.sampled_from(["shows", "lacks"]),
    st.sampled_from(["fiction", "report", "hypothetical"]))
documents = st.builds(Known, id=ids, text=texts, facts=facts, opposite=texts, testimony=texts,
                      testimony_id=st.just("t"))
seeds = st.integers(0, 50)
OTHER = Known("other", "", {**ALL, "claim": "d", "generator": "b-model", "prompt": "Write that."})


def put(name: str, known: Known, parts=None, without=(), partner: Known | None = OTHER, **settings) -> Framed:
    """Put a document in one frame of the shipped book."""
    (frame,) = choose(BOOK, [name], parts, without)
    return put_known(BOOK, frame, known, Settings(**settings), partner)


def content(framed: Framed) -> list[str]:
    return [segment.text for segment in framed.segments if segment.role == "content"]


def answers(**given: str) -> dict[str, tuple[Reply, ...]]:
    """One answer to each of these turns: `same="agree"`."""
    return {turn: (Reply(f"Answer to {turn}.", stance, f"a-{turn}"),) for turn, stance in given.items()}
