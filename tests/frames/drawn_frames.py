"""What the frame tests draw from: documents, frames, segmentations, and tokenisers as (start, end) spans."""

from hypothesis import strategies as st

from uptake.frames import FrameSpec, Part
from uptake.records import Document, Example, Provenance, Segment

words = st.text(alphabet="abcdé .,'{}\n", min_size=1, max_size=30).filter(lambda text: text.strip())
phrases = st.text(alphabet="xyz !", min_size=1, max_size=12).map(str.strip).filter(bool)
wordings = st.lists(phrases, min_size=1, max_size=5)
known = Provenance(author="Ann", made_with="a pen", prompt="Write {this}.", created="2026", purpose="to see",
                   status="invented", licence="Apache-2.0")
documents = st.builds(Document, id=st.just("d"), claim=st.just("c"), wording=st.just(0), text=words, opposite=words,
                      neutral=words, provenance=st.just(known))
segments = st.lists(st.builds(Segment, st.text(alphabet="ab  \n", max_size=8), st.sampled_from(["frame", "content"]),
                              st.booleans()), max_size=6).map(tuple)
examples = st.builds(Example, segments, st.sampled_from(["document", "question", "both"]),
                     st.sampled_from(["", "blunt", "record"]), st.sampled_from(["", "c1", "c2"]))


@st.composite
def wraps(draw):
    """A frame that wraps, weaves or puts something instead, with words and parts."""
    how = draw(st.sampled_from(["wrap", "weave", "instead"]))
    parts = st.builds(Part, st.just("part"), st.sampled_from(["before", "after"]), wordings.map(tuple), st.booleans())
    return FrameSpec("drawn", how, before=tuple(draw(wordings)), after=tuple(draw(wordings)), loss=draw(st.booleans()),
                     parts=tuple(draw(st.lists(parts, max_size=2))))


def every(count: int):
    """A tokeniser that cuts the text every `count` characters."""
    return lambda text: [(start, min(start + count, len(text))) for start in range(0, len(text), count)]
