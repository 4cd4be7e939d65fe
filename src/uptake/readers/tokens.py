"""Where a prompt ends and an answer begins, in tokens.

Prompt and answer are tokenised together, because that is how text looks to a reader that was trained on text. Usually
the prompt's tokens come out as a prefix of the whole; the answer's tokens are then the rest. Where a token straddles
the boundary, the exact `p(answer | prompt)` would need a sum over every tokenisation of the prompt's end, which nobody
computes. So the condition is cut back to the longest prefix c that the prompt shares with *all* answers of the item,
and each answer is scored by `log p(whole | c)`. That is `log p(answer | prompt)` plus one number, `log p(prompt | c)`,
which is the same for every answer of the item and cancels in every difference between them. It does not cancel in the
option mass, which becomes a lower bound; `Question.cut` says how many tokens of the prompt were cut back.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from uptake.errors import UserError
from uptake.readers.reader import Reader

Template = Literal["plain", "neutral", "original"]


@dataclass(frozen=True, slots=True)
class Question:
    """One prompt with its answers in tokens, in the order asked. `cut` is 0 unless tokens straddle the boundary."""

    context: tuple[int, ...]
    answers: tuple[tuple[int, ...], ...]
    cut: int


def questions(reader: Reader, asked: Sequence[tuple[str, tuple[str, ...]]], template: Template) -> list[Question]:
    """Tokenise prompts with their answers; an answer that adds no token comes back empty.

    With a chat template the prompt is the user's turn and the answer opens the assistant's, so the space that joins
    the answer to a plain prompt is dropped.
    """
    if reader.kind == "grown" and template == "plain":
        return _word_by_word(reader, asked)
    prompts = {prompt: _as_asked(reader, prompt, template) for prompt, _ in asked}
    joined = [[prompts[p] + _answer_text(a, template) for a in answers] for p, answers in asked]
    ids = token_ids(reader, [*prompts.values(), *(text for texts in joined for text in texts)])
    start = special_prefix(reader) if template == "plain" else ()
    return [
        _split(start, ids[prompts[prompt]], [ids[text] for text in texts])
        for (prompt, _), texts in zip(asked, joined, strict=True)
    ]


def _word_by_word(reader: Reader, asked: Sequence[tuple[str, tuple[str, ...]]]) -> list[Question]:
    """Tokenise prompts and answers apart. A grown reader's tokens are whole words and its answers begin with a space,
    so no token can straddle the boundary; twenty answers are then tokenised once and not once a prompt."""
    ids = token_ids(reader, [text for prompt, answers in asked for text in (prompt, *answers)])
    return [Question(ids[prompt], tuple(ids[answer] for answer in answers), 0) for prompt, answers in asked]


def special_prefix(reader: Reader) -> tuple[int, ...]:
    """Return the special tokens that the tokenizer puts before a text (a begin token, or nothing)."""
    bare = reader.tokenizer("a", add_special_tokens=False).input_ids
    whole = reader.tokenizer("a", add_special_tokens=True).input_ids
    return tuple(whole[: whole.index(bare[0])])


def offsets(reader: Reader) -> Callable[[str], list[tuple[int, int]]]:
    """Return the function that gives each token's (start, end) characters in a text, special tokens left out.

    Raises:
        UserError: the reader's tokenizer is a slow one, which cannot say where its tokens stand.
    """
    if not reader.tokenizer.is_fast:
        hint = "save it as a fast one (tokenizer.json)"
        raise UserError(f"the tokenizer of '{reader.name}' cannot say where its tokens stand in a text", hint=hint)

    def spans(text: str) -> list[tuple[int, int]]:
        found = reader.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        return [(start, end) for start, end in found["offset_mapping"]]

    return spans


def _split(start: tuple[int, ...], prompt: tuple[int, ...], wholes: Sequence[tuple[int, ...]]) -> Question:
    shared = len(prompt)
    for whole in wholes:
        if whole[:shared] != prompt[:shared]:
            shared = next(place for place, token in enumerate(prompt) if whole[place : place + 1] != (token,))
    return Question(start + prompt[:shared], tuple(whole[shared:] for whole in wholes), len(prompt) - shared)


def _answer_text(answer: str, template: Template) -> str:
    return answer if template == "plain" else answer.removeprefix(" ")


def _as_asked(reader: Reader, prompt: str, template: Template) -> str:
    if template == "plain":
        return prompt
    return reader.tokenizer.apply_chat_template(
        [{"role": "user", "content": prompt}],
        chat_template=chat_template(reader, template),
        add_generation_prompt=True,
        tokenize=False,
    )


def chat_template(reader: Reader, template: Template) -> str:
    """Return the text of a reader's chat template.

    Raises:
        UserError: the reader has no template of that name.
    """
    own = reader.tokenizer.chat_template
    known = dict(own) if isinstance(own, dict) else {"original": own} if own else {}
    if "original" in known and "default" in known:
        known["neutral"] = known.pop("default")
    elif "default" in known:
        known["original"] = known.pop("default")
    if template not in known:
        raise UserError(
            f"the reader '{reader.name}' has no chat template called '{template}'",
            hint=f"it has: {', '.join(sorted(known)) or 'none'}; 'plain' always works",
        )
    return known[template]


def token_ids(reader: Reader, texts: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Return the token ids of each distinct text, without special tokens.

    A fast tokenizer is asked directly: twenty answers a prompt make this the slow part of scoring a grown reader, and
    the wrapper with its offsets and masks takes twice as long.
    """
    distinct = list(dict.fromkeys(texts))
    if not distinct:
        return {}
    if not reader.tokenizer.is_fast:
        rows = reader.tokenizer(distinct, add_special_tokens=False, verbose=False).input_ids
        return {text: tuple(ids) for text, ids in zip(distinct, rows, strict=True)}
    fast = reader.tokenizer.backend_tokenizer
    fast.no_truncation()
    fast.no_padding()
    encoded = fast.encode_batch_fast(distinct, add_special_tokens=False)
    return {text: tuple(row.ids) for text, row in zip(distinct, encoded, strict=True)}
