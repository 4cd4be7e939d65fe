"""The figures, each a function from the profile to small SVGs. A panel that would be empty is not drawn."""

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from uptake.report.labels import Named, name_points
from uptake.report.svg import COLOURS, INK, MARKERS, QUIET, RULE, drawing, text_colour, to_svg
from uptake.report.view import Profile, has_mean
from uptake.report.words import words

# Widths in inches (72 units each): a panel is as wide as a phone's column, the signature plot a little wider.
PANEL_WIDTH, SQUARE_WIDTH = 4.6, 5.4
# Seeds are fanned out over this share of a row, so that equal values stay countable.
FAN = 0.5
# Where along a written guide (as shares of the axis) and along an interval no label should stand.
SAMPLES = (-0.15, -0.1, -0.05, 0.0, 0.05, 0.1, 0.15)
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Words:
    """Names that figures write on their axes: `scale` and `contexts` from the words file."""

    scale: str
    contexts: dict[str, str]


def say(phrase: str, **values: str) -> str:
    """Return one of the phrases that stand in figures, filled in."""
    return words()["drawn"][phrase].format(**values)


def arm_colour(profile: Profile, arm: str) -> str:
    return COLOURS[profile.arms.index(arm) % len(COLOURS)]


def arm_marker(profile: Profile, arm: str) -> str:
    return MARKERS[profile.arms.index(arm) % len(MARKERS)]


@dataclass(frozen=True, slots=True)
class Place:
    """Which panels: of one arm, in one context; `name` begins their ids."""

    arm: str
    context: str
    name: str


def profile_panels(profile: Profile, named: Words, place: Place, readings: list[str]) -> list[str]:
    """Draw one panel a reading: a row a frame, each seed a dot, the mean with its interval, the chance
    line.
    """
    limits = _limits(profile, [place.context], readings)
    return [svg for reading in readings if (svg := _profile_panel(profile, named, place, reading, limits))]


def _profile_panel(
    profile: Profile, named: Words, place: Place, reading: str, limits: tuple[float, float]
) -> str:
    found = {frame: profile.last(place.arm, frame, reading, place.context) for frame in profile.frames}
    measured = {frame: entry for frame, entry in found.items() if entry}
    entries = list(measured.values())
    if not any(has_mean(entry) for entry in entries):
        return ""
    name = f"{place.name}-{profile.arms.index(place.arm)}-{profile.readings.index(reading)}"
    with drawing(name):
        figure, axes = labelled_rows(list(measured), f"{place.arm}: {reading}")
        for row, entry in enumerate(entries):
            _draw_row(axes, row, entry, arm_colour(profile, place.arm), arm_marker(profile, place.arm))
        _guessing(axes, profile.scale, entries)
        axes.set_xlim(*limits)
        axes.set_xlabel(named.scale)
        when = named.contexts[place.context]
        label = say("profile", arm=place.arm, reading=reading, when=when)
        return to_svg(figure, name, label)


def labelled_rows(labels: list[str], title: str) -> tuple[Figure, Axes]:
    """Make axes with one labelled row each, the first on top, wide enough on the left for the longest
    label.
    """
    height = 1.05 + 0.3 * len(labels)
    figure = Figure(figsize=(PANEL_WIDTH, height))
    left = (14 + 6.2 * max(len(label) for label in labels)) / (PANEL_WIDTH * 72)
    figure.subplots_adjust(left=left, right=0.95, bottom=0.52 / height, top=1 - 0.45 / height)
    axes = figure.add_subplot()
    axes.set_title(title, x=-left / (0.95 - left) + 0.02, pad=15)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.spines["left"].set_visible(False)
    axes.set_axisbelow(True)
    return figure, axes


def _draw_row(axes: Axes, row: int, entry: dict | None, colour: str, marker: str) -> None:
    if not has_mean(entry):
        axes.text(
            0.02,
            row,
            say("no_number"),
            transform=axes.get_yaxis_transform(),
            va="center",
            color=QUIET,
            style="italic",
        )
        return
    seeds = [entry["seed_means"][seed] for seed in sorted(entry.get("seed_means") or {}, key=int)]
    seeds = [mean for mean in seeds if mean is not None]
    step = FAN / max(len(seeds) - 1, 1)
    heights = [row - FAN / 2 + step * index if len(seeds) > 1 else row for index in range(len(seeds))]
    axes.plot(
        seeds,
        heights,
        linestyle="none",
        marker="o",
        markersize=3.4,
        markerfacecolor="white",
        markeredgecolor=colour,
    )
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


def _guessing(axes: Axes, scale: str, entries: list[dict]) -> None:
    """Draw where a reader that knows nothing stands: at chance or, on log-odds, between an answer and its foil."""
    known = sorted({entry["chance"] for entry in entries if entry.get("chance") is not None})
    lines = [0.0] if scale == "log-odds" else known
    for line in lines:
        axes.axvline(line, color=QUIET, linewidth=1, linestyle=(0, (4, 3)), zorder=0.5)
    if lines:
        axes.annotate(
            say("even" if scale == "log-odds" else "chance"),
            (lines[0], 1),
            xycoords=axes.get_xaxis_transform(),
            xytext=(3, 2),
            textcoords="offset points",
            color=QUIET,
            fontsize=9,
        )


def _limits(profile: Profile, contexts: list[str], readings: list[str]) -> tuple[float, float]:
    """Return axis limits shared by all panels: the whole of a share, or what the log-odds reach with some
    air.
    """
    if profile.scale != "log-odds":
        return (-0.03, 1.03)
    values = [0.0]
    for entry in profile.results.get("profile", ()):
        if entry["context"] in contexts and entry["reading"] in readings and has_mean(entry):
            seeds = [mean for mean in (entry.get("seed_means") or {}).values() if mean is not None]
            values += [
                entry["mean"],
                *seeds,
                *(v for v in (entry.get("low"), entry.get("high")) if v is not None),
            ]
    air = 0.06 * (max(values) - min(values)) or 1.0
    return (min(values) - air, max(values) + air)


def signature(profile: Profile, named: Words, reading: str) -> str:
    """Draw read against learnt: x what a frame does in context, y what it does after training, a point a
    frame and arm.

    A horizontal band stands for each arm at what the bare text teaches it (`blunt`, its interval): there the
    frame's words have made no difference. Returns "" where no cell was measured both ways.
    """
    found = [
        (arm, frame, read, learnt)
        for arm in profile.arms
        for frame in profile.frames
        if has_mean(read := profile.last(arm, frame, reading, "in_context"))
        and has_mean(learnt := profile.last(arm, frame, reading, "trained"))
    ]
    if not found:
        return ""
    name = f"signature-{profile.readings.index(reading)}"
    with drawing(name):
        figure, axes = _square(
            _limits(profile, ["in_context", "trained"], [reading]), say("signature_title", reading=reading)
        )
        axes.set_xlabel(say("read", scale=named.scale))
        axes.set_ylabel(say("learnt", scale=named.scale))
        spots = _guides(axes, profile, reading)
        for arm, _, read, learnt in found:
            spots += _cross(axes, read, learnt, arm_colour(profile, arm), arm_marker(profile, arm))
        points = [
            Named(read["mean"], learnt["mean"], frame, text_colour(arm_colour(profile, arm)))
            for arm, frame, read, learnt in found
        ]
        _arm_key(axes, profile, sorted({arm for arm, *_ in found}, key=profile.arms.index))
        name_points(axes, points, spots)
        return to_svg(figure, name, say("signature", reading=reading))


def _square(limits: tuple[float, float], title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(SQUARE_WIDTH, SQUARE_WIDTH * 1.06))
    figure.subplots_adjust(left=0.14, right=0.97, bottom=0.11, top=0.86)
    axes = figure.add_subplot()
    axes.set_title(title, pad=26)
    axes.set_xlim(*limits)
    axes.set_ylim(*limits)
    axes.grid(color=RULE, linewidth=0.5)
    axes.set_axisbelow(True)
    return figure, axes


def _guides(axes: Axes, profile: Profile, reading: str) -> list[tuple[float, float]]:
    """Draw the diagonal and the bands and say what they mean; return the places that labels should leave
    free.
    """
    low, high = axes.get_xlim()
    axes.plot([low, high], [low, high], color=QUIET, linewidth=1, zorder=0.6)
    at = low + 0.46 * (high - low)
    lift = 0.025 * (high - low)
    angle = {"rotation": 45, "rotation_mode": "anchor", "transform_rotates_text": True}
    axes.text(at, at + lift, say("diagonal"), color=QUIET, ha="center", **angle)
    spots = [(at + step * (high - low), at + lift + step * (high - low)) for step in SAMPLES]
    named: list[float] = []
    for arm in profile.arms:
        bare = profile.last(arm, "blunt", reading, "trained")
        if not has_mean(bare):
            continue
        bottom, top = (bare["mean"] if bare.get(end) is None else bare[end] for end in ("low", "high"))
        least = 0.02 * (high - low)
        if top - bottom < least:
            bottom, top = bare["mean"] - least / 2, bare["mean"] + least / 2
        axes.axhspan(bottom, top, color=arm_colour(profile, arm), alpha=0.16, linewidth=0, zorder=0.4)
        level = (bottom + top) / 2
        if all(abs(level - other) > 0.06 * (high - low) for other in named):
            axes.text(
                at,
                level,
                say("band"),
                color=text_colour(arm_colour(profile, arm)),
                ha="center",
                va="center",
            )
            spots += [(at + step * (high - low), level) for step in SAMPLES]
            named.append(level)
    return spots


def _cross(axes: Axes, read: dict, learnt: dict, colour: str, marker: str) -> list[tuple[float, float]]:
    """Draw a point with both intervals; return places along them that labels should leave free."""
    at = (read["mean"], learnt["mean"])
    spots = []
    if read.get("low") is not None:
        axes.plot([read["low"], read["high"]], [at[1], at[1]], color=colour, linewidth=1, alpha=0.8)
        spots += [(read["low"] + share * (read["high"] - read["low"]), at[1]) for share in SHARES]
    if learnt.get("low") is not None:
        axes.plot([at[0], at[0]], [learnt["low"], learnt["high"]], color=colour, linewidth=1, alpha=0.8)
        spots += [(at[0], learnt["low"] + share * (learnt["high"] - learnt["low"])) for share in SHARES]
    axes.plot(*at, marker=marker, markersize=7, color=colour, markeredgecolor=INK, markeredgewidth=0.8)
    return spots


def _arm_key(axes: Axes, profile: Profile, arms: list[str]) -> None:
    for arm in arms:
        style = {"color": arm_colour(profile, arm), "marker": arm_marker(profile, arm)}
        axes.plot(
            [],
            [],
            linestyle="none",
            markersize=7,
            markeredgecolor=INK,
            markeredgewidth=0.8,
            label=arm,
            **style,
        )
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(-0.01, 1.0),
        ncols=len(arms),
        frameon=False,
        handletextpad=0.2,
        columnspacing=1.2,
    )
