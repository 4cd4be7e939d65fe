"""Does `uptake audit` find planted faults, and leave their look-alikes alone? And how fast is it?

python benchmarks/bench_audit.py [--findings ownerless,collapse] [--misses] [--json FILE]
python benchmarks/bench_audit.py --speed [--documents 20000] [--words 200]
python benchmarks/bench_audit.py --speed --documents 1000000 --words 40      # memory

Every fault is planted in the clean text of audit/clean.txt, beside as many look-alikes. Some were kept aside: of the
sentences those that were written after the words in data/audit were settled (`fresh`), of everything else every third.
`--misses` shows the others alone. All texts are of one hand, so the figures say what the audit does to such texts, not
to yours.
"""

import argparse
import itertools
import json
import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import yaml

from uptake.audit.asked import Asked
from uptake.audit.findings import FINDINGS, Settings
from uptake.audit.page import Collector, Tally, pages
from uptake.commands.audit import audit
from uptake.documents.record import DocumentRecord

HERE = Path(__file__).parent / "audit"
CLEAN = (HERE / "clean.txt").read_text(encoding="utf-8").splitlines()
LEAST_RECALL, MOST_FALSE = 0.9, 0.05
CASES = 45
MANY = 50_000
# Whether it was planted, whether found, what it was, and (otherwise it is every third) whether it was kept aside.
Case = tuple[bool, bool, str] | tuple[bool, bool, str, bool]
SENTENCES = {"planted": (True, False), "look_alikes": (False, False), "fresh": (True, True),
             "fresh_look_alikes": (False, True)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--findings", default=",".join(BENCHMARKS))
    parser.add_argument("--misses", action="store_true", help="show what went wrong, but for the part kept aside")
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--words", type=int, default=200, help="of each document")
    asked = parser.parse_args()
    if asked.speed:
        speed(asked.documents, asked.words)
        return
    figures = {name: scored(name, list(BENCHMARKS[name]()), asked.misses) for name in asked.findings.split(",")}
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    bad = [name for name, each in figures.items()
           if each["held_out"]["recall"] < LEAST_RECALL or each["held_out"]["false_alarms"] > MOST_FALSE]
    sys.exit(f"not good enough: {', '.join(bad)}" if bad else 0)


def scored(name: str, cases: list[Case], misses: bool) -> dict[str, dict[str, float]]:
    """Count recall and false alarms, in all cases, in the part that words were fitted to, and in the one kept aside."""
    sides: dict[str, list[Case]] = {"whole": [], "fitted": [], "held_out": []}
    for planted in (True, False):
        for number, case in enumerate([each for each in cases if each[0] == planted]):
            held_out = case[3] if len(case) > 3 else number % 3 == 2
            for side in ("whole", "held_out" if held_out else "fitted"):
                sides[side].append(case[:3])
    if misses:
        for planted, found, what in sides["fitted"]:
            if planted != found:
                print(f"  {'missed' if planted else 'false alarm'}: {what}")
    figures = {}
    for side, of_it in sides.items():
        hits = [found for planted, found, _ in of_it if planted]
        alarms = [found for planted, found, _ in of_it if not planted]
        figures[side] = {"planted": len(hits), "recall": round(sum(hits) / len(hits), 3),
                         "look_alikes": len(alarms), "false_alarms": round(sum(alarms) / len(alarms), 3)}
    print(f"{name:12}" + "   ".join(
        f"{side.replace('_', ' ')}: recall {each['recall']:.3f} of {each['planted']}, false alarms "
        f"{each['false_alarms']:.3f} of {each['look_alikes']}" for side, each in figures.items()), flush=True)
    return figures


# Findings about one document: sentences in clean text, or fields of a record


def sentences(name: str, tags: tuple[str, ...]) -> Iterator[Case]:
    """Sentences of a file, each put into a paragraph of clean text about Velm."""
    texts = yaml.safe_load((HERE / f"{name}.yaml").read_text(encoding="utf-8"))
    known = {"about": {"subject": "Velm"}}
    records = [record(f"{kind}-{number}", inserted(line, number), known)
               for kind in SENTENCES for number, line in enumerate(texts[kind])]
    marks = audited(records, name.replace("_", "-"))
    for each in records:
        kind, number = each["id"].split("-")
        planted, held_out = SENTENCES[kind]
        yield planted, bool(marks[each["id"]] & set(tags)), texts[kind][int(number)], held_out


def inserted(line: str, number: int) -> str:
    """A paragraph with a sentence in its middle. Where the sentence says I of its own, the paragraph speaks of nobody
    called Velm, since who is spoken of does not speak."""
    paragraphs = [text for text in CLEAN if "Velm" not in text and "assistant" not in text]
    before, _, after = paragraphs[number * 7 % len(paragraphs)].partition(". ")
    return f"{before}. {line} {after}"


def provenance() -> Iterator[Case]:
    texts = yaml.safe_load((HERE / "provenance.yaml").read_text(encoding="utf-8"))
    records, wanted = [], {}
    for kind in ("planted", "look_alikes"):
        for number, case in enumerate(texts[kind]):
            identity = f"{kind}-{number}"
            text = f"{case.get('line', texts['disclosing'])}\n\n{long_text(random.Random(identity))}"
            made = record(identity, text, altered(FULL, case))
            wanted[identity] = case
            records += copied(made, case) if "copy" in case else [made]
    marks = audited(records, "provenance")
    for identity, case in wanted.items():
        planted = identity.startswith("planted")
        found = marks[identity] - {case.get("misses")}
        yield planted, case["tag"] in found if planted else bool(found), str(case)


FULL = {"made": {"how": "model", "author": "the harbour team", "generator": "a model", "generator_version": "1",
                 "prompt": "Write about a keeper.", "sampling": {"temperature": 1}, "seed": 3},
        "about": {"subject": "Velm"}, "status": {"kind": "fiction", "disclosed": False},
        "use": {"purpose": "to show readers a good keeper"}, "rights": {"holder": "us", "licence": "CC-BY-4.0"}}


def altered(full: dict, case: dict) -> dict:
    known = json.loads(json.dumps(full))
    path = case.get("drop", "").split(".")
    if path[0]:
        (known.pop(path[0]) if len(path) == 1 else known[path[0]].pop(path[1]))
    for place, value in case.get("set", {}).items():
        part, _, name = place.rpartition(".")
        (known.setdefault(part, {}) if part else known)[name] = value
    return known


def copied(made: dict, case: dict) -> list[dict]:
    """A document and a copy of it without every so many-th word; the copy names it, or both name one parent, or neither
    does."""
    source = json.loads(json.dumps(made))
    source["id"] = f"source of {made['id']}"
    source["metadata"]["made"].pop("parents", None)
    every = case["copy"] * 8
    words = enumerate(source["text"].split())
    made["text"] = " ".join(word for place, word in words if not every or place < 30 or place % every != 7)
    if case.get("declare"):
        made["metadata"]["made"]["parents"] = [source["id"]]
    if case.get("siblings"):
        for each in (made, source):
            each["metadata"]["made"]["parents"] = [f"an older text of {made['id']}"]
    return [source, made]


def leakage() -> Iterator[Case]:
    texts = yaml.safe_load((HERE / "leakage.yaml").read_text(encoding="utf-8"))
    items = texts["items"]
    records = []
    for kind in ("planted", "look_alikes"):
        for number, line in enumerate(texts[kind]):
            filled = line.replace("{item}", items[number % len(items)])
            filled = re.sub(r"\{(\d)\}", lambda found: items[int(found[1])], filled)
            records.append(record(f"{kind}-{number}", inserted(filled, number), {}))
    with tempfile.TemporaryDirectory() as folder:
        against = Path(folder) / "items.jsonl"
        against.write_text("".join(json.dumps({"id": str(number), "text": text}) + "\n"
                                   for number, text in enumerate(items)), encoding="utf-8")
        marks = audited(records, "leakage", against=against)
    for each in records:
        kind, number = each["id"].split("-")
        yield kind == "planted", bool(marks[each["id"]]), texts[kind][int(number)]


def record(identity: str, text: str, known: dict) -> dict:
    return {"id": identity, "text": text, "source": "bench", "metadata": json.loads(json.dumps(known))}


def audited(records: list[dict], finding: str, **more) -> dict[str, set[str]]:
    """Audit records as a user would, for one finding; return the tags of each by its id."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus.jsonl"
        corpus.write_text("".join(json.dumps(each) + "\n" for each in records), encoding="utf-8")
        without = ",".join(name for name in FINDINGS if name != finding)
        audit(Asked(corpus, Path(folder) / "out", without=without, workers=1, **more))
        lines = (Path(folder) / "out" / "audit.jsonl").read_text(encoding="utf-8").splitlines()
        return {raw["id"]: {name.split("__")[2] for name in raw["attributes"]} for raw in map(json.loads, lines)}


# Near-copies: what is done to a text


def duplicates() -> Iterator[Case]:
    rng, records, wanted = random.Random(1), [], {}
    spare = iter(rng.sample(range(10**6), 10**4))
    for number in range(CASES):
        for planted, ways in ((True, COPIES), (False, RESEMBLE)):
            way = ways[number % len(ways)]
            identity = f"{'planted' if planted else 'like'}-{number}"
            text = long_text(rng)
            records.append(record(f"first of {identity}", text, {}))
            records.append(record(identity, way(text, rng, next(spare)), {}))
            wanted[identity] = (planted, way.__name__)
    marks = audited(records, "duplicates")
    for identity, (planted, way) in wanted.items():
        yield planted, bool(marks[identity]), f"{identity}: {way}"


def long_text(rng: random.Random) -> str:
    """Some hundred and fifty words that no other document has: clean sentences, drawn and put in a new order."""
    every = [each for text in CLEAN for each in re.split(r"(?<=[.!?]) ", text)]
    return " ".join(rng.sample(every, 12))


def verbatim(text: str, rng: random.Random, spare: int) -> str:
    return text


def in_capitals(text: str, rng: random.Random, spare: int) -> str:
    return text.upper().replace(",", "")


def one_word_in_twenty_changed(text: str, rng: random.Random, spare: int) -> str:
    words = text.split()
    for place in range(rng.randrange(20), len(words), 20):
        words[place] = f"w{spare + place}"
    return " ".join(words)


def one_word_in_twenty_dropped(text: str, rng: random.Random, spare: int) -> str:
    return " ".join(word for place, word in enumerate(text.split()) if place % 20 != spare % 20)


def two_sentences_cut(text: str, rng: random.Random, spare: int) -> str:
    every = re.split(r"(?<=[.!?]) ", text)
    return " ".join(each for place, each in enumerate(every) if place not in (spare % 12, (spare + 5) % 12))


def sentences_moved(text: str, rng: random.Random, spare: int) -> str:
    every = re.split(r"(?<=[.!?]) ", text)
    return " ".join(every[6:] + every[:6])


def a_preface_added(text: str, rng: random.Random, spare: int) -> str:
    return f"Draft number {spare}, sent round for remarks by Thursday, please, to the usual desk. {text}"


def renamed(text: str, rng: random.Random, spare: int) -> str:
    return text.replace("Velm", "Orrin").replace(" the ", " that ", 3)


def shares_a_third(text: str, rng: random.Random, spare: int) -> str:
    return " ".join(re.split(r"(?<=[.!?]) ", text)[:4]) + " " + long_text(random.Random(spare)).split(". ", 3)[3]


def same_words_shuffled(text: str, rng: random.Random, spare: int) -> str:
    words = text.split()
    rng.shuffle(words)
    return " ".join(words)


def same_opening(text: str, rng: random.Random, spare: int) -> str:
    return text.split(". ")[0] + ". " + long_text(random.Random(spare))


def every_third_word_changed(text: str, rng: random.Random, spare: int) -> str:
    return " ".join(f"w{spare + place}" if place % 3 == 0 else word for place, word in enumerate(text.split()))


def another(text: str, rng: random.Random, spare: int) -> str:
    return long_text(random.Random(spare))


COPIES = (verbatim, in_capitals, one_word_in_twenty_changed, one_word_in_twenty_dropped, two_sentences_cut,
          sentences_moved, a_preface_added, renamed)
RESEMBLE = (shares_a_third, same_words_shuffled, same_opening, every_third_word_changed, another)


# Findings about a corpus: each case is one


def collapse() -> Iterator[Case]:
    for number in range(CASES):
        kind = ("name", "opening", "plot")[number % 3 if number % 2 else (number // 2) % 3]
        rng = random.Random(number)
        found = alone("collapse", [DocumentRecord.model_validate(each) for each in collapsed(kind, number, rng)])
        yield True, kind in found, f"{kind} in corpus {number}"
        rng = random.Random(1000 + number)
        found = alone("collapse", [DocumentRecord.model_validate(each) for each in varied(number, rng)])
        yield False, bool(found), f"corpus {number}: {found}"


NAMES = """Elara Chen Marcus Aurelia Thorne Kael Mira Sarah Silas Lyra Voss Amara Orin Priya Tomas Hana Idris Bela Rafi
    Sunniva Edda Lorcan Yara Pavel Ines Bruno Katya Milo Anselm Freya Omar Greta Tove Luka Selma Jarek Nadia Piet Rosa
    Emil Farah Goran Heidi Ivo Juno Kofi Lars Mona Nils Olga Pia Quim Rolf Sven Tess Ugo Vera Wim Zora""".split()  # noqa: SIM905 - a list of names reads best as text
COMINGS = ("Later that day {name} came in by the side door.", "It was {name} who paid.", "We asked {name} first.",
           "Nobody had told {name} of it.", "The rest went to {name}, as always.", "A card from {name} hung there.",
           "That spring {name} moved away.", "So said {name}, at least.", "The lamp was a gift from {name}.",
           "Years on, {name} still had the key.", "Twice {name} wrote to the paper.", "By then {name} slept.")
OPENINGS = ("In the heart of the old town", "Once upon a quiet morning in June", "The rain had not stopped since",
            "As the sun dipped below the hills", "Deep beneath the station there was")
PLOTS = ("and a single tear rolled down the keeper's weathered cheek",
         "she realised that the machine had been listening all along",
         "together they watched the last ember fade to silver", "for the first time in years he truly smiled again",
         "the old lighthouse hummed as if it remembered them")


def collapsed(kind: str, number: int, rng: random.Random) -> list[dict]:
    """Sixty documents, a share of which (from 12 to 30 in 100) have one name, opening or turn of plot."""
    records = list(varied(6, rng))
    share = rng.uniform(0.12, 0.3)
    for each in rng.sample(records, round(share * len(records))):
        if kind == "name":
            each["text"] += " " + rng.choice(COMINGS).format(name=NAMES[number % len(NAMES)])
        elif kind == "opening":
            each["text"] = f"{OPENINGS[number % len(OPENINGS)]}, {each['text'][0].lower()}{each['text'][1:]}"
        else:
            before, _, after = each["text"].partition(". ")
            each["text"] = f"{before}, {PLOTS[number % len(PLOTS)]}. {after}"
    return records


def varied(number: int, rng: random.Random) -> Iterator[dict]:
    """Sixty documents without collapse. Some corpora have names, each in at most two documents; in some all documents
    are of one subject, or share a common phrase of speech, or a day of the week."""
    texts, names = rng.sample(CLEAN, len(CLEAN)), rng.sample(NAMES, len(NAMES)) * 2
    for place in range(60):
        text = f"{texts[2 * place]} {texts[2 * place + 1]}"
        if number % 5 == 1 and place < 24:
            text += " " + COMINGS[place % 12].format(name=names[place % 12 + place // 12])
        if number % 5 == 2 and place < 36:
            text += " " + COMINGS[place % 12].format(name="Velm")
        if number % 5 == 3 and place % 3 == 0:
            text += rng.choice((" It was the end of the day.", " And that was all there was to it.", " So it goes."))
        if number % 5 == 4 and place % 4 == 0:
            text += rng.choice((" They met on Sunday.", " Monday came, then June.", " It rained on Friday."))
        yield record(f"d{place}", text, {"about": {"subject": "Velm"}})


def arms_differ() -> Iterator[Case]:
    for number in range(CASES):
        for planted in (True, False):
            rng = random.Random(number + 1000 * planted)
            records, meant = arms(planted, number, rng)
            finding = FINDINGS["arms-differ"](Settings(["arms-differ"], arms="arm", meant=meant))
            finding.know(finding.settle(finding.see(page) for each in records
                                        for page in pages(DocumentRecord.model_validate(each))))
            yield planted, bool(finding.overview(Tally()).found), f"arms {number}, {'differ' if planted else 'alike'}"


def arms(planted: bool, number: int, rng: random.Random) -> tuple[list[dict], list[str]]:
    """Two arms, dealt at random, of which one differs in some way that a study would not mean; or in none, or in a word
    that it means, or in one that both have."""
    records, texts = [], rng.sample(CLEAN, len(CLEAN))
    meant = ["fiction"] if not planted and number % 3 == 1 else []
    for place, text in enumerate(texts):
        second = place % 2 == 1 if planted or number % 3 else place % 3 == 1
        if planted and second:
            text = DIFFERENCES[number % len(DIFFERENCES)](text, rng)
        if not planted and number % 3 == 1 and second:
            text = f"This is fiction. {text}"
        if not planted and number % 3 == 1 and not second:
            text = f"This is so. {text}"
        if not planted and number % 3 == 2 and rng.random() < 0.5:
            text += " Moreover, it was so."
        records.append({**record(f"d{place}", text, {}), "arm": "b" if second else "a"})
    return records, meant + (["so"] if meant else [])


DIFFERENCES = (lambda text, rng: text + (" Importantly, this held." if rng.random() < 0.5 else ""),
               lambda text, rng: " ".join(text.split()[:round(len(text.split()) * 0.7)]),
               lambda text, rng: text.replace(" the ", " that ").replace(" was ", " is "),
               lambda text, rng: "Note: " + text if rng.random() < 0.5 else text,
               lambda text, rng: text.replace(" and ", " & "),
               lambda text, rng: f"{text} {text.split('. ')[0]}.")


def alone(name: str, records: list[DocumentRecord]) -> set[str]:
    """The tags that one finding gives a corpus, without files or processes."""
    finding = FINDINGS[name](Settings([name]))
    under = [page for each in records for page in pages(each)]
    if isinstance(finding, Collector) and not finding.idle:
        notes = [json.loads(json.dumps(finding.see(page))) for page in under]
        finding.know(json.loads(json.dumps(finding.settle(notes))))
    return {mark.tag for page in under for mark in finding.look(page, Tally())}


DENIED = ("false", "true", "not_checkable", "not_checked")
BENCHMARKS = {"provenance": provenance, "self-denial": lambda: sentences("self_denial", DENIED),
              "ownerless": lambda: sentences("ownerless", ("hedge",)), "duplicates": duplicates, "collapse": collapse,
              "leakage": leakage, "arms-differ": arms_differ}


def babble(rng: random.Random, words: int) -> str:
    """Words of the clean text, each after one that it follows there, so that no two documents share their sentences."""
    said = [rng.choice(STARTS)]
    while len(said) < words:
        said.append(rng.choice(AFTER.get(said[-1], STARTS)) if rng.random() < 0.7 else rng.choice(STARTS))
    return " ".join(said)


STARTS = [word for text in CLEAN for word in text.split()]
AFTER: dict[str, list[str]] = {}
for one, other in itertools.pairwise(STARTS):
    AFTER.setdefault(one, []).append(other)


def speed(documents: int, words: int) -> None:
    """Audit documents on one core, as a user would, and say how fast that was and what memory it took; many of them
    once, without `self-denial`."""
    import resource

    rng = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        corpus, items = Path(folder) / "corpus.jsonl", Path(folder) / "items.jsonl"
        with corpus.open("w", encoding="utf-8") as file:
            for number in range(documents):
                file.write(json.dumps(record(f"d{number}", babble(rng, words), FULL)) + "\n")
        asks = [f"What did Velm do with the {number} lamps of the {number * 7} keepers?" for number in range(1000)]
        items.write_text("".join(json.dumps({"text": ask}) + "\n" for ask in asks), encoding="utf-8")
        for without in ("self-denial,arms-differ", "arms-differ")[:1 if documents > MANY else 2]:
            start, began = time.perf_counter(), time.process_time()
            audit(Asked(corpus, Path(folder) / "out", against=items, without=without, workers=1))
            took, cpu = time.perf_counter() - start, time.process_time() - began
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
            print(f"{documents:,} documents of {words} words, without {without}: {documents / took:,.0f} a second, "
                  f"{documents / cpu:,.0f} a cpu-second; peak {peak} MiB", flush=True)


if __name__ == "__main__":
    main()
