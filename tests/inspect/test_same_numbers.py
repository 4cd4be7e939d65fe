"""The provider gives the engine's own numbers on the same items, and a reason where the engine gives one."""

from dataclasses import replace

import pytest
from test_endpoints import agree, read
from tiny import some_items, tiny_reader

from uptake.documents.traits import read_traits
from uptake.inspect.items import asked, claims_called, told
from uptake.readers.load import load, save
from uptake.readers.score import ScoreSettings, score
from uptake.strict_yaml import SHIPPED


def test_a_folder_gives_the_engines_numbers(folder, reader):
    items = some_items(12)
    got = read(f"uptake/{folder}", items)
    agree(got, score(reader, items))
    assert {each.estimate for each in got} == {"answer"}
    assert [each.calibrated is None for each in got] == [True, False] * 6


def test_a_grown_readers_folder_gives_the_engines_numbers(tmp_path):
    grown = tiny_reader("grown", seed=3)
    save(grown, tmp_path / "grown")
    items = some_items(6, seed=5)
    agree(read(f"uptake/{tmp_path / 'grown'}", items), score(grown, items))


def test_an_adapters_folder_gives_the_adapted_readers_numbers(folder, tmp_path):
    import torch
    from peft import LoraConfig, get_peft_model

    base = load(str(folder))
    base.model.name_or_path = str(folder)
    settings = LoraConfig(r=2, target_modules=["q_proj"], base_model_name_or_path=str(folder))
    adapted = get_peft_model(base.model, settings)
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora" in name:
                weight.normal_(0, 0.5)
    adapted.save_pretrained(tmp_path / "adapter")
    items = some_items(4)
    got = read(f"uptake/{tmp_path / 'adapter'}", items)
    agree(got, score(load(str(tmp_path / "adapter")), items))
    assert got[0].value != pytest.approx(score(load(str(folder)), items)[0].value, abs=1e-3)


def test_in_a_chat_template_they_are_the_engines_numbers_in_that_template(folder, reader):
    items = some_items(6)
    got = read(f"uptake/{folder}", items, estimate="chat-answer")
    agree(got, score(reader, items, ScoreSettings(template="original")))


def test_items_with_documents_of_real_claims_give_the_engines_numbers(any_folder):
    claims = claims_called("role-models")
    told_of = told(claims, str(SHIPPED / "corpora" / "role-models" / "documents.jsonl"), "letter", "SmolLM")
    placed = [each.item for each in asked(claims, "self", "SmolLM", told_of)[:6]]
    plain = [item for claim in claims.claims[:2] for item in claims.items(claim, "act", "SmolLM")[:4]]
    agree(read(f"uptake/{any_folder}", placed + plain), score(load(str(any_folder)), placed + plain))


def test_what_the_engine_cannot_score_has_the_same_reason(folder, reader):
    (item,) = some_items(1)
    unscorable = [
        replace(item, prompt="w1 " * 130 + item.prompt),
        replace(item, prompt=f"nobody knows this {item.prompt}"),
        replace(item, foil=""),
        replace(item, foil=item.fit),
        replace(item, prompt="", fit=" w60", foil=" w61", others=()),
    ]
    want, got = score(reader, unscorable), read(f"uptake/{folder}", unscorable)
    assert all(each.reason for each in want)
    assert [each.value for each in got] == [None] * len(got)
    assert [each.reason for each in got][1:4] == [each.reason for each in want][1:4]
    assert "the reader's window is 128" in got[0].reason
    assert got[4].reason == want[4].reason


@pytest.mark.slow
def test_the_built_in_reader_gives_the_engines_numbers():
    claims = read_traits(SHIPPED / "claims" / "role-models.yaml")
    items = [item for claim in claims.claims[:3] for reading in ("self", "act", "trust")
             for item in claims.items(claim, reading, "SmolLM")[:4]]
    agree(read("uptake/smollm2-135m", items), score(load("smollm2-135m"), items))
