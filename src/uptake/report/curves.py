"""The figures that follow training: phase curves, and what training did to the controls."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from uptake.report.figures import PANEL_WIDTH, Words, arm_colour, arm_marker, labelled_rows, say
from uptake.report.labels import Named, name_points
from uptake.report.svg import COLOURS, INK, MARKERS, QUIET, RULE, drawing, to_svg
from uptake.report.view import CONTEXTS, Profile, has_mean
from uptake.report.words import words


def phase_panels(profile: Profile, named: Words, reading: str) -> list[str]:
    """Draw one panel an arm: x `content`, y another reading, a curve a frame through the checkpoints.

    A ring marks each curve at equal content. Arms without checkpoints on both readings are left out.
    """
    return [svg for arm in profile.arms if (svg := _phase_panel(profile, named, arm, reading))]


def phase_points(profile: Profile, arm: str, frame: str, reading: str) -> list[tuple[dict, dict]]:
    """Pair a frame's `content` with another reading at every checkpoint where both have a number."""
    known = {entry["checkpoint"]: entry for entry in profile.course(arm, frame, "content")}
    pairs = [(known.get(entry["checkpoint"]), entry) for entry in profile.course(arm, frame, reading)]
    return [(content, other) for content, other in pairs if has_mean(content) and has_mean(other)]


def _phase_panel(profile: Profile, named: Words, arm: str, reading: str) -> str:
    curves = {frame: phase_points(profile, arm, frame, reading) for frame in profile.frames}
    curves = {frame: points for frame, points in curves.items() if len(points) > 1}
    if reading == "content" or not curves:
        return ""
    name = f"phase-{profile.arms.index(arm)}-{profile.readings.index(reading)}"
    with drawing(name):
        figure = Figure(figsize=(PANEL_WIDTH, PANEL_WIDTH))
        figure.subplots_adjust(left=0.15, right=0.96, bottom=0.12, top=0.92)
        axes = figure.add_subplot()
        axes.set_title(say("phase_title", arm=arm, reading=reading))
        axes.grid(color=RULE, linewidth=0.5)
        axes.set_axisbelow(True)
        axes.set_xlabel(f"content: {named.scale}")
        axes.set_ylabel(f"{reading}: {named.scale}")
        if profile.scale != "log-odds":
            axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
        ends = [_curve(axes, profile.frames.index(frame), frame, points) for frame, points in curves.items()]
        if profile.scale == "log-odds":
            axes.margins(0.12)
        _equal_content(axes, profile, arm, reading, list(curves))
        passed = [(content["mean"], other["mean"]) for points in curves.values() for content, other in points]
        name_points(axes, ends, passed)
        return to_svg(figure, name, say("phase", arm=arm, reading=reading))


def _curve(axes: Axes, index: int, frame: str, points: list[tuple[dict, dict]]) -> Named:
    control = frame in words()["control_frames"]
    colour = QUIET if control else COLOURS[index % len(COLOURS)]
    across, up = [content["mean"] for content, _ in points], [other["mean"] for _, other in points]
    line = {"linestyle": ":" if control else "-", "linewidth": 1.2 if control else 1.5}
    axes.plot(across, up, color=colour, marker=MARKERS[index % len(MARKERS)], markersize=3.6, **line)
    axes.plot(
        across[-1],
        up[-1],
        marker=MARKERS[index % len(MARKERS)],
        markersize=7,
        color=colour,
        markeredgecolor=INK,
    )
    return Named(across[-1], up[-1], frame, INK)


def _equal_content(axes: Axes, profile: Profile, arm: str, reading: str, frames: list[str]) -> None:
    levels = []
    for frame in frames:
        level, there = (
            profile.equal_content(arm, frame, "content"),
            profile.equal_content(arm, frame, reading),
        )
        if has_mean(level) and has_mean(there):
            levels.append(level["mean"])
            axes.plot(
                level["mean"],
                there["mean"],
                marker="o",
                markersize=10,
                markerfacecolor="none",
                markeredgecolor=INK,
            )
    if levels:
        axes.axvline(sum(levels) / len(levels), color=QUIET, linewidth=1, linestyle=(0, (4, 3)), zorder=0.5)


def control_panels(profile: Profile, contexts: dict[str, str]) -> list[str]:
    """Draw the controls: those that are frames on the readings' scale, a panel a reading; each other on
    its own.
    """
    groups: dict[str, list[tuple[str, dict]]] = {}
    for entry in profile.results.get("controls", ()):
        frame = profile.control_frame(entry)
        if has_mean(entry) and (not frame or entry["context"] == "trained"):
            title = entry["control"].partition(".")[2] if frame else entry["control"]
            label = f"{entry['arm']}, {frame or contexts[entry['context']]}"
            groups.setdefault(title, []).append((label, entry))
    return [
        _control_panel(profile, title, f"control-{index}", rows)
        for index, (title, rows) in enumerate(groups.items())
    ]


def _control_panel(profile: Profile, title: str, name: str, rows: list[tuple[str, dict]]) -> str:
    rows = sorted(
        rows, key=lambda row: (profile.arms.index(row[1]["arm"]), CONTEXTS.index(row[1]["context"]))
    )
    with drawing(name):
        figure, axes = labelled_rows([label for label, _ in rows], title)
        axes.locator_params(axis="x", nbins=4)
        for row, (_, entry) in enumerate(rows):
            _control_row(
                axes, row, entry, arm_colour(profile, entry["arm"]), arm_marker(profile, entry["arm"])
            )
        axes.margins(x=0.12)
        if profile.control_frame(rows[0][1]) and profile.scale != "log-odds":
            axes.set_xlim(-0.03, 1.03)
        return to_svg(figure, name, say("control", control=title))


def _control_row(axes: Axes, row: int, entry: dict, colour: str, marker: str) -> None:
    if entry.get("low") is not None:
        axes.plot([entry["low"], entry["high"]], [row, row], color=INK, linewidth=1.8, solid_capstyle="butt")
    axes.plot(
        entry["mean"],
        row,
        marker=marker,
        markersize=6.5,
        color=colour,
        markeredgecolor=INK,
        markeredgewidth=0.8,
    )
