"""Planted odds in the report: bits by prior along the stages, whether they add up, what came back."""

from matplotlib.figure import Figure

from uptake.report.figures import PANEL_WIDTH, say
from uptake.report.formats import NONE, count, interval, number
from uptake.report.labels import Named, name_points
from uptake.report.svg import COLOURS, INK, MARKERS, QUIET, RULE, drawing, to_svg
from uptake.report.tables import Entry, Table, titled
from uptake.report.view import Profile


def odds_panels(profile: Profile) -> list[str]:
    """Draw one panel for each reader after planting: bits over tokens, a curve a prior."""
    readers = list(dict.fromkeys(entry["reader"] for entry in profile.results["odds"]["courses"]))
    return [_panel(profile, reader, place) for place, reader in enumerate(readers)]


def _panel(profile: Profile, reader: str, place: int) -> str:
    entries = [entry for entry in profile.results["odds"]["courses"] if entry["reader"] == reader]
    name = f"odds-{place}"
    with drawing(name):
        figure = Figure(figsize=(PANEL_WIDTH, PANEL_WIDTH))
        figure.subplots_adjust(left=0.15, right=0.96, bottom=0.12, top=0.92)
        axes = figure.add_subplot()
        axes.set_title(say("odds_title", reader=reader))
        axes.grid(color=RULE, linewidth=0.5)
        axes.set_axisbelow(True)
        axes.set_xlabel(say("odds_across"))
        axes.set_ylabel(say("odds_up"))
        axes.axhline(0, color=QUIET, linewidth=1, linestyle=(0, (4, 3)))
        ends, passed = [], []
        for index, frame in enumerate(dict.fromkeys(entry["frame"] for entry in entries)):
            course = [(entry["tokens"] / 1000, entry["bits"]["mean"]) for entry in entries
                      if entry["frame"] == frame and entry["bits"]["mean"] is not None]
            axes.plot(*zip(*course, strict=True), color=COLOURS[index % len(COLOURS)], linewidth=1.5, markersize=3.6,
                      marker=MARKERS[index % len(MARKERS)])
            ends.append(Named(*course[0], frame, INK))
            passed += course
        axes.margins(0.12)
        name_points(axes, ends, passed)
        return to_svg(figure, name, say("odds", reader=reader))


def odds_tables(profile: Profile) -> tuple[Table, ...]:
    """Tabulate odds at the beginning and end of each stage after planting, additivity, indifference and release."""
    found = profile.results["odds"]
    return (titled("odds", [*map(_ends, _by_cell(found["courses"]))], 2),
            titled("odds_additivity", [*map(_additivity, found["additivity"])], 2),
            titled("odds_context", [*map(_context, found["context"])], 4),
            titled("odds_indifference", [*map(_indifference, found["indifference"])], 3),
            titled("odds_release", [*map(_release, found["release"])], 2))


def _by_cell(courses: list[dict]) -> list[list[dict]]:
    cells: dict[tuple[str, str], list[dict]] = {}
    for entry in courses:
        cells.setdefault((entry["reader"], entry["frame"]), []).append(entry)
    return list(cells.values())


def mean(found: dict, reason: str = "") -> Entry:
    """Write a mean over seeds with its interval, or why there is none."""
    if found["mean"] is None:
        return Entry(NONE, reason)
    return Entry(number(found["mean"]), interval(found["low"], found["high"]) or reason)


def _ends(course: list[dict]) -> tuple[Entry, ...]:
    first, last = course[0], course[-1]
    return (Entry(last["reader"]), Entry(last["frame"]), Entry(number(last["planted"], 0)), mean(first["bits"]),
            mean(last["bits"]), mean(last["kl"]), Entry(number(last.get("independent"))),
            Entry(number(last.get("counting"))), Entry(count(last["tokens"])))


def _additivity(entry: dict) -> tuple[Entry, ...]:
    slope = entry.get("evidence_slope")
    return (Entry(entry["reader"]), Entry(entry["over"]), mean(entry["residual"]), mean(entry["kept_first"]),
            mean(entry["kept_last"]), mean(slope) if slope else Entry(NONE))


def _context(entry: dict) -> tuple[Entry, ...]:
    return (Entry(entry["reader"]), Entry(entry["when"]), Entry(entry["frame"]), Entry(entry["reading"]),
            Entry(number(entry["evidence"], 0)), mean(entry["bits"]), mean(entry["beyond_sum"]))


def _indifference(entry: dict) -> tuple[Entry, ...]:
    why = entry["reason"]
    return (Entry(entry["reader"]), Entry(entry["frame"]), Entry(entry["what"]),
            *(mean(entry[what], why) for what in ("tokens", "documents", "kl")))


def _release(entry: dict) -> tuple[Entry, ...]:
    return (Entry(entry["reader"]), Entry(entry["frame"]),
            *(mean(entry[what]) for what in ("before", "pressed", "released")), mean(entry["rebound"], entry["reason"]),
            mean(entry["kl"]))
