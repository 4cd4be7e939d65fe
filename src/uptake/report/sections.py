"""What stands in the report, section by section: figures with captions and tables, or a sentence on what
is missing.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from uptake.report import tables
from uptake.report.curves import control_panels, phase_panels
from uptake.report.figures import Place, Words, profile_panels, signature
from uptake.report.odds import odds_panels, odds_tables
from uptake.report.tables import Table
from uptake.report.view import Profile
from uptake.report.words import words


@dataclass(frozen=True, slots=True)
class Block:
    """A heading with what stands beneath it. `missing` says in a sentence why there is nothing to draw.

    `groups` are the SVGs that stand side by side. `shown` tables are shown, `behind` the figure's numbers,
    folded away. `shape` is `panels` or `square`.
    """

    name: str
    title: str
    caption: str
    groups: tuple[tuple[str, ...], ...] = ()
    shown: tuple[Table, ...] = ()
    behind: tuple[Table, ...] = ()
    missing: str = ""
    shape: str = "panels"


def blocks(profile: Profile, keys: Collection[str], unscored: list[dict]) -> list[Block]:
    """Compose sections 2 to 6. `keys` name the cells with items to show; `unscored` counts reasons."""
    named = Words(words()["scales"][profile.scale]["axis"], words()["contexts"])
    found = [
        _profile(profile, named, keys),
        _signature(profile, named, keys),
        _phase(profile, named, keys),
        *([_discrimination(profile)] if profile.results.get("discrimination") else []),
        *([_self_knowledge(profile)] if profile.results.get("self_knowledge") else []),
        *([_gaps(profile)] if profile.results.get("gaps") else []),
        *([_turns(profile, "turns")] if profile.results.get("turns") else []),
        *([_turns(profile, "returns")] if profile.results.get("returns") else []),
        *([_odds(profile)] if profile.results.get("odds") else []),
        _gate(profile, named),
        _controls(profile, keys),
        _unscored(unscored),
    ]
    return [_without_empty_tables(block) for block in found]


def _without_empty_tables(block: Block) -> Block:
    kept = {
        name: tuple(table for table in getattr(block, name) if table.rows) for name in ("shown", "behind")
    }
    groups = tuple(group for group in block.groups if group)
    missing = "" if groups or any(kept.values()) else block.missing
    return replace(block, groups=groups, **kept, missing=missing)


def _by_arm(
    profile: Profile, named: Words, context: str, readings: list[str], name: str
) -> tuple[tuple[str, ...], ...]:
    """Draw the profile's panels: a group an arm, or all arms side by side where there is one reading."""
    drawn = {
        arm: tuple(profile_panels(profile, named, Place(arm, context, name), readings))
        for arm in profile.arms
    }
    return (sum(drawn.values(), ()),) if len(readings) == 1 else tuple(drawn.values())


def _profile(profile: Profile, named: Words, keys: Collection[str]) -> Block:
    context = next((place for place in ("trained", "in_context", "untouched") if profile.has(place)), "")
    text = words()["blocks"]["profile"]
    return Block(
        "profile",
        text["title"],
        text["caption"].format(when=words()["when"].get(context, "")) + _without_interval(profile, context),
        _by_arm(profile, named, context, profile.readings, "profile") if context else (),
        shown=tuple(tables.profile_table(profile, reading, keys) for reading in profile.readings),
        missing=text["missing"],
    )


def _without_interval(profile: Profile, context: str) -> str:
    drawn = [entry for entry in profile.results.get("profile", ()) if entry["context"] == context]
    known = any(entry.get("low") is not None for entry in drawn)
    return "" if known or not drawn else f" {words()['blocks']['profile']['no_interval']}"


def _signature(profile: Profile, named: Words, keys: Collection[str]) -> Block:
    text = words()["blocks"]["signature"]
    drawn = [svg for reading in profile.outcomes if (svg := signature(profile, named, reading))]
    missing = [text["missing"][place] for place in ("in_context", "trained") if not profile.has(place)]
    bands = any(profile.last(arm, "blunt", reading) for arm in profile.arms for reading in profile.outcomes)
    return Block(
        "signature",
        text["title"],
        f"{text['caption']} {text['band' if bands else 'no_band']}",
        (tuple(drawn),),
        behind=tuple(tables.signature_table(profile, reading, keys) for reading in profile.outcomes),
        missing=" ".join(missing) or text["missing"]["both"],
        shape="square",
    )


def _phase(profile: Profile, named: Words, keys: Collection[str]) -> Block:
    text = words()["blocks"]["phase"]
    readings = [reading for reading in profile.outcomes if reading != "content"]
    equal = any(entry.get("at") == "equal-content" for entry in profile.results.get("profile", ()))
    if "content" not in profile.readings:
        missing = text["missing"]["content"]
    else:
        missing = text["missing"]["checkpoints" if readings else "other"]
    return Block(
        "phase",
        text["title"],
        f"{text['caption']} {text['equal' if equal else 'not_equal']}",
        tuple(tuple(phase_panels(profile, named, reading)) for reading in readings),
        behind=tuple(tables.course_table(profile, arm, keys) for arm in profile.arms),
        missing=missing,
    )


def _discrimination(profile: Profile) -> Block:
    text = words()["blocks"]["discrimination"]
    of_gaps = any("gap" in entry for entry in profile.results["discrimination"])
    return Block(
        "discrimination",
        text["title"],
        text["of_gaps" if of_gaps else "caption"],
        shown=tables.discrimination_tables(profile),
        missing=text["missing"],
    )


def _gaps(profile: Profile) -> Block:
    text = words()["blocks"]["gaps"]
    return Block("gaps", text["title"], text["caption"], shown=tables.gap_tables(profile), missing=text["missing"])


def _turns(profile: Profile, name: str) -> Block:
    text = words()["blocks"][name]
    shown = (tables.turns_table(profile, name),)
    return Block(name, text["title"], text["caption"], shown=shown, missing=text["missing"])


def _self_knowledge(profile: Profile) -> Block:
    text = words()["blocks"]["self_knowledge"]
    return Block("self-knowledge", text["title"], text["caption"], shown=tables.self_knowledge_tables(profile),
                 missing=text["missing"])


def _odds(profile: Profile) -> Block:
    text = words()["blocks"]["odds"]
    *shown, context, indifference, release = odds_tables(profile)
    return Block("odds", text["title"], text["caption"], (tuple(odds_panels(profile)),),
                 shown=(*shown, indifference, release), behind=(context,), missing=text["missing"])


def _gate(profile: Profile, named: Words) -> Block:
    text = words()["blocks"]["gate"]
    groups = (
        _by_arm(profile, named, "in_context", profile.outcomes, "gate") if profile.has("in_context") else ()
    )
    return Block(
        "gate",
        text["title"],
        text["caption"],
        groups,
        shown=(tables.gate_table(profile),),
        missing=text["missing"],
    )


def _controls(profile: Profile, keys: Collection[str]) -> Block:
    text = words()["blocks"]["controls"]
    return Block(
        "controls",
        text["title"],
        text["caption"],
        (tuple(control_panels(profile, words()["contexts"])),),
        shown=(tables.control_table(profile), tables.control_frames_table(profile, keys)),
        missing=text["missing"],
    )


def _unscored(counted: list[dict]) -> Block:
    text = words()["blocks"]["unscored"]
    return Block(
        "unscored",
        text["title"],
        text["caption"],
        shown=(tables.unscored_table(counted),),
        missing=text["missing"],
    )
