"""The tables: the same rows go into the page and into the Markdown report."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from uptake.report.formats import NONE, count, interval, number, signed
from uptake.report.view import CONTEXTS, Profile, cell_key, has_mean
from uptake.report.words import about_reading, words

SELF_KNOWLEDGE = ("says", "can", "gap", "brier", "coherent")


@dataclass(frozen=True, slots=True)
class Entry:
    """One cell of a table: its text, a smaller note beneath (an interval, a reason), and the items it
    leads to.
    """

    text: str
    note: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption. The first `heads` columns name the row; where the first of them is the
    arm, a page shows it once above its rows.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Entry, ...], ...]
    heads: int = 1

    @property
    def by_arm(self) -> bool:
        return self.columns[0] == "arm"


def titled(name: str, rows: Iterable[tuple[Entry, ...]], heads: int, **values: str) -> Table:
    """Make a table under the title and columns that the words file gives it."""
    known = words()["tables"][name]
    return Table(known["title"].format(**values), tuple(known["columns"]), tuple(rows), heads)


def profile_table(profile: Profile, reading: str, keys: Collection[str]) -> Table:
    """Tabulate one reading: a row an arm and frame; before, in context, after training, and at equal content.

    `keys` are the cells that have items to show; numbers outside it lead nowhere.
    """
    columns = words()["columns"]
    contexts = [c for c in CONTEXTS if profile.has(c)]
    equal = any(
        profile.equal_content(arm, frame, reading) for arm in profile.arms for frame in profile.frames
    )
    rows = []
    for arm in profile.arms:
        for frame in profile.frames:
            entries = [profile.last(arm, frame, reading, context) for context in contexts]
            if not any(entries):
                continue
            cells = [estimate(entry, keys) for entry in entries]
            if equal:
                cells.append(
                    estimate(
                        profile.equal_content(arm, frame, reading), _near(profile, arm, frame, reading, keys)
                    )
                )
            last = next(entry for entry in reversed(entries) if entry)
            rows.append((Entry(arm), Entry(frame), *cells, _scored(last)))
    heads = (
        "arm",
        "frame",
        *(columns[c] for c in contexts),
        *([columns["equal_content"]] if equal else []),
        words()["tables"]["items"],
    )
    return Table(
        f"{reading}: {about_reading(reading, profile.about.get('readings', {}))}", heads, tuple(rows), heads=2
    )


def estimate(entry: dict | None, keys: Collection[str] | str = ()) -> Entry:
    """Write a mean with its interval beneath, or a dash with the reason why there is none."""
    if entry is None:
        return Entry(NONE, words()["tables"]["not_measured"])
    key = keys if isinstance(keys, str) else cell_key(entry) if keys and cell_key(entry) in keys else ""
    if entry.get("mean") is None:
        return Entry(NONE, entry.get("reason") or words()["tables"]["no_value"], key)
    exact = entry.get("low") == entry.get("high") == entry["mean"]
    return Entry(number(entry["mean"]), "" if exact else interval(entry.get("low"), entry.get("high")), key)


def _near(profile: Profile, arm: str, frame: str, reading: str, keys: Collection[str]) -> str:
    """Name the measured checkpoint nearest to equal content, whose items stand behind the interpolated
    number.
    """
    at = profile.equal_content(arm, frame, reading)
    course = [e for e in profile.series(arm, frame, reading) if cell_key(e) in keys]
    if not at or at.get("checkpoint") is None or not course:
        return ""
    return cell_key(min(course, key=lambda entry: abs(entry["checkpoint"] - at["checkpoint"])))


def _scored(entry: dict) -> Entry:
    if entry.get("items") is None:
        return Entry(NONE)
    lost = entry.get("unscored") or 0
    return Entry(
        count(entry["items"] - lost), words()["tables"]["lost"].format(count=count(lost)) if lost else ""
    )


def signature_table(profile: Profile, reading: str, keys: Collection[str]) -> Table:
    """Tabulate read against learnt: what each frame does in context, after training, and the difference."""
    rows = []
    for arm in profile.arms:
        for frame in profile.frames:
            read, learnt = profile.last(arm, frame, reading, "in_context"), profile.last(arm, frame, reading)
            if has_mean(read) and has_mean(learnt):
                less = Entry(signed(profile.learnt_less_read(arm, frame, reading)))
                rows.append((Entry(arm), Entry(frame), estimate(read, keys), estimate(learnt, keys), less))
    return titled("signature", rows, 2, reading=reading)


def course_table(profile: Profile, arm: str, keys: Collection[str]) -> Table:
    """Tabulate one arm's course: a row a frame and reading, a column a checkpoint."""
    rows = {
        (frame, reading): profile.course(arm, frame, reading)
        for frame in profile.frames
        for reading in profile.readings
    }
    tokens = sorted({entry["checkpoint"] for entries in rows.values() for entry in entries})
    tabulated = []
    for (frame, reading), entries in rows.items():
        known = {entry["checkpoint"]: entry for entry in entries}
        if known:
            tabulated.append(
                (Entry(frame), Entry(reading), *(estimate(known.get(token), keys) for token in tokens))
            )
    table = titled("course", tabulated, 2, arm=arm)
    return replace(table, columns=(*table.columns, *(count(token) for token in tokens)))


def gate_table(profile: Profile) -> Table:
    """Tabulate the gate: how far frames stand apart when read in context, and whether that is enough."""
    rows = []
    for gate in profile.results.get("gate", ()):
        spread = Entry(number(gate.get("spread")), interval(gate.get("low"), gate.get("high")))
        passed = Entry(
            NONE
            if gate.get("passed") is None
            else words()["tables"]["passed" if gate["passed"] else "failed"],
            gate.get("reason") or "",
        )
        rows.append(
            (
                Entry(gate["arm"]),
                Entry(gate["reading"]),
                Entry(", ".join(gate.get("frames", ()))),
                spread,
                passed,
            )
        )
    return titled("gate", rows, 3)


def control_table(profile: Profile) -> Table:
    """Tabulate the controls that are not cells of the profile: assent, association, capability, fluency."""
    rows = []
    for entry in profile.results.get("controls", ()):
        if profile.control_frame(entry):
            continue
        context = words()["contexts"].get(entry["context"], entry["context"])
        rows.append(
            (
                Entry(entry["arm"]),
                Entry(entry["control"]),
                Entry(context),
                estimate(entry),
            )
        )
    return titled("controls", rows, 3)


def control_frames_table(profile: Profile, keys: Collection[str]) -> Table:
    """Tabulate the control frames (placebo, nonce and the like) after training: a column a reading."""
    frames = [frame for frame in words()["control_frames"] if frame in profile.frames]
    rows = []
    for arm in profile.arms:
        for frame in frames:
            entries = [profile.last(arm, frame, reading) for reading in profile.readings]
            if any(entries):
                rows.append((Entry(arm), Entry(frame), *(estimate(entry, keys) for entry in entries)))
    table = titled("control_frames", rows, 2)
    return replace(table, columns=(*table.columns, *profile.readings))


def discrimination_tables(profile: Profile) -> tuple[Table, ...]:
    """Tabulate d' of `act`, or of each gap: by frame and context, and after training what it is made of."""
    entries = profile.results.get("discrimination") or ()
    of = dict.fromkeys(entry.get("gap", "act") for entry in entries)
    return tuple(table for name in of for table in _discriminations(
        profile, name, [entry for entry in entries if entry.get("gap", "act") == name]))


def _discriminations(profile: Profile, name: str, entries: Sequence[dict]) -> tuple[Table, Table]:
    known = {(e["arm"], e["frame"], e["context"]): e for e in entries}
    contexts = [context for context in CONTEXTS if any(e["context"] == context for e in entries)]
    pairs = [(a, f) for a in profile.arms for f in profile.frames if any((a, f, c) in known for c in contexts)]
    rows = [
        (Entry(arm), Entry(frame), *(_discrimination(known.get((arm, frame, c))) for c in contexts))
        for arm, frame in pairs
    ]
    by_context = titled("discrimination", rows, 2, of=name)
    heads = (*by_context.columns, *(words()["columns"][context] for context in contexts))
    made_of = [_made_of(known[arm, frame, "trained"]) for arm, frame in pairs if (arm, frame, "trained") in known]
    return replace(by_context, columns=heads), titled("discrimination_of", made_of, 2, of=name)


def _discrimination(entry: dict | None) -> Entry:
    return estimate({**entry, "mean": entry["d"]} if entry else None)


def _made_of(entry: dict) -> tuple[Entry, ...]:
    less = entry["less_neutral"]
    shown = (f"{count(entry[some])} of {count(entry[all_])}" for some, all_ in (("hits", "signals"),
                                                                               ("false_alarms", "noises")))
    return (
        Entry(entry["arm"]),
        Entry(entry["frame"]),
        *(Entry(text) for text in shown),
        Entry(number(entry["criterion"])),
        Entry(signed(less["mean"]), interval(less["low"], less["high"]) or less["reason"]) if less else Entry(NONE),
    )


def gap_tables(profile: Profile) -> tuple[Table, ...]:
    """Tabulate each gap at the end of training: a row a reader, a column a frame."""
    entries = {(e["gap"], e["arm"], e["frame"]): e for e in profile.results["gaps"]}
    found = []
    for gap in dict.fromkeys(each[0] for each in entries):
        rows = [(Entry(arm), *(estimate(entries.get((gap, arm, frame))) for frame in profile.frames))
                for arm in profile.arms]
        table = titled("gaps", rows, 1, gap=gap)
        found.append(replace(table, columns=(*table.columns, *profile.frames)))
    return tuple(found)


def turns_table(profile: Profile, name: str) -> Table:
    """Tabulate after how many tokens of a later stage what was read no longer stood, or stood again."""
    rows = [(Entry(e["arm"]), Entry(e["frame"]), Entry(e["reading"]), _turn(e), *_then(e, profile.readings))
            for e in profile.results[name]]
    table = titled(name, rows, 3)
    others = profile.readings if any("then" in e for e in profile.results[name]) else ()
    return replace(table, columns=(*table.columns, *others))


def _then(entry: dict, readings: Collection[str]) -> tuple[Entry, ...]:
    """Write where the other readings stood at that moment, if that was measured."""
    known = entry.get("then")
    return () if known is None else tuple(estimate(known[each]) if each in known else Entry("") for each in readings)


def _turn(entry: dict) -> Entry:
    if entry["tokens"] is None:
        return Entry(NONE, entry["reason"])
    if entry["low"] is None:
        return Entry(count(round(entry["tokens"])), entry["reason"])
    return Entry(count(round(entry["tokens"])), f"{count(round(entry['low']))} to {count(round(entry['high']))}")


def self_knowledge_tables(profile: Profile) -> tuple[Table, ...]:
    """Tabulate, a table for each report, what readers say that they can do against what they can do."""
    known = {(e["arm"], e["frame"], e["report"], e["of"]): e for e in profile.results["self_knowledge"]}
    tables = []
    for report, of in dict.fromkeys(key[2:] for key in known):
        keys = [(arm, frame, report, of) for arm in profile.arms for frame in profile.frames]
        rows = [(Entry(key[0]), Entry(key[1]), *(estimate(known[key][score]) for score in SELF_KNOWLEDGE))
                for key in keys if key in known]
        tables.append(titled("self_knowledge", rows, 2, report=report, of=of))
    return tuple(tables)


def unscored_table(counted: list[dict]) -> Table:
    """Tabulate why items have no value. `counted` comes from items.unscored."""
    rows = tuple(
        (
            Entry(c["arm"]),
            Entry(c["reading"]),
            Entry(words()["contexts"].get(c["context"], c["context"])),
            Entry(c["reason"] or words()["tables"]["no_reason"]),
            Entry(count(c["items"])),
        )
        for c in counted
    )
    return titled("unscored", rows, 4)
