"""A study file is read strictly: what is wrong is told with file, line, key and remedy."""

import pickle
from pathlib import Path

import pytest
import yaml

from uptake.errors import UserError
from uptake.files import digest
from uptake.study import Arm, Declared, ReaderChoice, Schooling, Training, check_names, read_study

STUDY = """\
study: frames
question: Does a model learn what it reads?
reader: {grow: worlds/small.yaml}
seeds: 5
arms:
  unschooled:
    schooling: {blunt: {subjects: 500, other: 1.0}, correction: {other: -1, content: 0.5}}
  schooled:
    schooling: {record: 1.0}
frames: [blunt, record, untrained]
claims: 60
readings: [content, other]
predict:
  - {by: essay, say: "schooled: record.other > blunt.other", at: equal-content}
  - {by: null-theory, say: "schooled: record.other == blunt.other within 0.1"}
"""
REAL = STUDY.replace("{grow: worlds/small.yaml}", "smollm2-135m").replace(
    "claims: 60", "claims: 6\nclaims_from: c.yaml"
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with studies/ and worlds/ side by side, and the package's own data out of the way."""
    (tmp_path / "studies").mkdir()
    (tmp_path / "worlds").mkdir()
    (tmp_path / "worlds" / "small.yaml").write_text("world: small\n")
    (tmp_path / "c.yaml").write_text("claims: []\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("uptake.strict_yaml.SHIPPED", tmp_path / "package")
    return tmp_path


def read(text):
    Path("studies/x.yaml").write_text(text)
    return read_study("studies/x.yaml")


def refusal(text):
    """What the user is told about a study file."""
    with pytest.raises(UserError) as error:
        read(text)
    return str(error.value)


def with_key(line):
    return STUDY + line + "\n"


def test_a_study_is_read_with_its_defaults(folder):
    study = read(STUDY)
    assert study.reader == ReaderChoice("grow", "worlds/small.yaml", folder / "worlds" / "small.yaml")
    assert study.seeds == (0, 1, 2, 3, 4)
    assert study.frames == ("blunt", "record", "untrained")
    assert (study.design, study.controls, study.scale) == ("within", True, "accuracy")
    assert (study.smallest_effect, study.checkpoints, study.training) == (0.1, 5, Training())


def test_arms_keep_their_order_lines_and_schooling(folder):
    correction = Schooling("correction", None, {"other": -1.0, "content": 0.5})
    assert read(STUDY).arms == (
        Arm("unschooled", (Schooling("blunt", 500, {"other": 1.0}), correction), 6),
        Arm("schooled", (Schooling("record", None, 1.0),), 8),
    )


def test_predictions_are_kept_as_they_were_said(folder):
    assert read(STUDY).predict == (
        Declared("essay", "schooled: record.other > blunt.other", "equal-content", 14),
        Declared("null-theory", "schooled: record.other == blunt.other within 0.1", "equal-tokens", 15),
    )


def test_a_study_knows_the_line_of_every_key_frame_and_prediction(folder):
    study = read(STUDY.replace("[blunt, record, untrained]", "\n  - blunt\n  - record\n  - untrained"))
    assert study.where("arms", "schooled") == "studies/x.yaml:8"
    assert study.where("frames", "record") == "studies/x.yaml:12"
    assert study.where("predict", 1) == "studies/x.yaml:18"
    assert study.where("arms", "unschooled", "no such") == "studies/x.yaml:6"
    assert study.where("no such") == "studies/x.yaml:1"


def test_every_optional_key_can_be_given(folder):
    study = read(
        STUDY + "design: between\ncontrols: false\nscale: log-odds\nsmallest_effect: 2\ncheckpoints: 3\n"
        "training: {passes: 20, batch: 32, learning_rate: 1.5e-3, method: lora, rank: 8, width: 64,"
        " warm_up: 0}\n"
    )
    assert (study.design, study.controls, study.scale) == ("between", False, "log-odds")
    assert (study.smallest_effect, study.checkpoints) == (2.0, 3)
    overrides = {"passes": 20, "batch": 32, "learning_rate": 0.0015, "method": "lora", "rank": 8, "width": 64}
    assert study.training.overrides() == overrides | {"warm_up": 0}


def test_the_smallest_effect_defaults_by_scale(folder):
    assert read(with_key("scale: log-odds")).smallest_effect == 0.4
    assert read(with_key("scale: probability")).smallest_effect == 0.1


def test_seeds_can_be_listed(folder):
    assert read(STUDY.replace("seeds: 5", "seeds: [7, 3]")).seeds == (7, 3)


def test_an_arm_may_be_empty(folder):
    assert read(STUDY.replace("  schooled:\n    schooling: {record: 1.0}", "  plain:\n  bare: {}")).arms[
        1:
    ] == (
        Arm("plain", (), 8),
        Arm("bare", (), 9),
    )


def test_a_plain_name_is_a_reader_to_use(folder):
    study = read(REAL)
    assert study.reader == ReaderChoice("use", "smollm2-135m", None)
    assert not study.reader.grown
    assert study.claims_from == folder / "c.yaml"
    assert read(REAL.replace("smollm2-135m", "{use: org/model}")).reader == ReaderChoice(
        "use", "org/model", None
    )


def test_a_readers_folder_is_found_beside_the_study(folder):
    (folder / "studies" / "mine").mkdir()
    (folder / "studies" / "mine" / "config.json").write_text("{}")
    assert read(REAL.replace("smollm2-135m", "./mine")).reader.path == folder / "studies" / "mine"


def test_a_world_is_looked_up_beside_the_study_first_and_in_the_package_last(folder):
    places = [folder / "studies", folder, folder / "work", folder / "package"]
    (folder / "work" / "studies").mkdir(parents=True)
    for place in places:
        (place / "worlds").mkdir(parents=True, exist_ok=True)
        (place / "worlds" / "small.yaml").write_text("world: small\n")
    path = folder / "studies" / "x.yaml"
    path.write_text(STUDY)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder / "work")
        for place in places:
            assert read_study(path).reader.path == place / "worlds" / "small.yaml"
            (place / "worlds" / "small.yaml").unlink()
        with pytest.raises(UserError) as error:
            read_study(path)
    looked = ", ".join(str(place / "worlds" / "small.yaml") for place in places)
    what = f"{path}:3: reader.grow: there is no file 'worlds/small.yaml'"
    assert str(error.value) == f"{what}\nhint: looked at {looked}"


def test_settings_do_not_depend_on_where_the_study_lies_or_how_it_is_laid_out(folder):
    first = read(STUDY).settings()
    (folder / "elsewhere").mkdir()
    Path("elsewhere/y.yaml").write_text("# moved\n\n" + STUDY.replace("seeds: 5", "seeds: [0, 1, 2, 3, 4]"))
    assert read_study("elsewhere/y.yaml").settings() == first
    assert "predict" not in first
    assert str(folder) not in str(first)


def test_settings_change_with_the_order_of_arms(folder):
    lines = STUDY.splitlines(keepends=True)
    turned = "".join([*lines[:5], *lines[7:9], *lines[5:7], *lines[9:]])
    first, second = read(STUDY).settings(), read(turned).settings()
    assert first["arms"] == second["arms"]
    assert digest(first) != digest(second)


def test_a_study_can_cross_to_another_process(folder):
    study = read(STUDY)
    assert pickle.loads(pickle.dumps(study)) == study


def test_anchors_and_merges_are_followed(folder):
    more = "  third: {schooling: {<<: *same, blunt: 0}}\n  fourth: {schooling: *same}\n"
    text = STUDY.replace("schooling: {record: 1.0}", "schooling: &same {record: 1.0, blunt: 0.5}")
    study = read(text.replace("frames: [", more + "frames: ["))
    assert study.arm("third").schooling == (Schooling("record", None, 1.0), Schooling("blunt", None, 0.0))
    assert study.arm("fourth").schooling == study.arm("schooled").schooling


X = "studies/x.yaml"
BAD = yaml.safe_load(Path(__file__).with_name("bad_studies.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad["said"].splitlines()[0])
def test_a_mistake_in_a_study_is_told_with_file_line_key_and_remedy(bad, folder):
    if "change" not in bad:
        assert refusal(STUDY + bad["to"] + "\n") == bad["said"]
        return
    assert STUDY.count(bad["change"]) == 1
    assert refusal(STUDY.replace(bad["change"], bad["to"])) == bad["said"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{width: 64}", "width: only a grown reader's size can be chosen\nhint: remove this key"),
        ("{rank: 4}", "rank: belongs to the method 'lora'\nhint: add method: lora, or remove this key"),
    ],
)
def test_a_real_reader_has_settings_of_its_own(line, said, folder):
    assert refusal(f"{REAL}training: {line}\n") == f"{X}:17: training.{said}"


def test_a_readers_folder_that_is_not_there_is_told_with_where_it_was_looked_for(folder):
    said = refusal(REAL.replace("smollm2-135m", "./mine"))
    places = ", ".join(str(place / "mine") for place in (folder / "studies", folder, folder / "package"))
    assert said == f"{X}:3: reader: there is no folder './mine'\nhint: looked at {places}"


def test_a_world_that_is_a_folder_is_refused(folder):
    said = refusal(STUDY.replace("worlds/small.yaml", "worlds"))
    place = folder / "worlds"
    hint = f"it is {place}; name the YAML file inside it"
    assert said == f"{X}:3: reader.grow: 'worlds' is a folder, not a file\nhint: {hint}"


FRAMES, READINGS = ("blunt", "record", "correction"), ("content", "other", "self")


def test_names_that_exist_pass(folder):
    check_names(read(STUDY), FRAMES, READINGS)


@pytest.mark.parametrize(
    ("right", "wrong", "said", "hint"),
    [
        (
            "[blunt, record,",
            "[blunt, recrod,",
            "10: frames: there is no frame 'recrod'",
            "did you mean 'record'? known: blunt, correction, record, untrained",
        ),
        (
            "[content, other]",
            "[content, wish]",
            "12: readings: there is no reading 'wish'",
            "known: content, other, self",
        ),
        (
            "{record: 1.0}",
            "{recrod: 1.0}",
            "9: arms.schooled.schooling: there is no frame 'recrod'",
            "did you mean 'record'? known: blunt, correction, record",
        ),
        (
            "subjects: 500, other: 1.0",
            "subject: 1, other: 1.0",
            "7: arms.unschooled.schooling.blunt: there is no reading 'subject'",
            "did you mean 'subjects'? known: content, other, self, subjects",
        ),
    ],
)
def test_a_frame_or_reading_that_does_not_exist_is_told_with_its_line(right, wrong, said, hint, folder):
    study = read(STUDY.replace(right, wrong))
    with pytest.raises(UserError) as error:
        check_names(study, FRAMES, READINGS)
    assert str(error.value) == f"{X}:{said}\nhint: {hint}"
