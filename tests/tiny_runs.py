"""Fixtures of a module whose study is carried out once on a tiny reader, by what its readers are told."""

import pytest

from uptake.run import Options, run
from uptake.study import read_study


def fixtures(study, name):
    """Return three: a folder with a tiny reader, how a study is read beside it, and its run with the results."""
    @pytest.fixture(scope="module")
    def place(tmp_path_factory):
        from tiny_models import save_tiny

        folder = tmp_path_factory.mktemp("tiny")
        save_tiny(folder / "reader")
        return folder

    @pytest.fixture(scope="module")
    def study_of(place):
        def read(text=study, name=name):
            (place / name).write_text(text)
            return read_study(place / name)

        return read

    @pytest.fixture(scope="module")
    def done(place, study_of):
        return place / "run", run(study_of(), place / "run", Options(workers=1), lambda line: None)

    return place, study_of, done
