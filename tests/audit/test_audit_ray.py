"""Over Ray, an audit finds what it finds on this machine's cores."""

import pytest
from looking import KNOWN, document
from test_audit_command import DENIAL, texts

from uptake.audit import parts as parts_module
from uptake.audit.executors import ray as over_ray
from uptake.errors import UserError
from uptake.workers import Task, cluster, on_ray

pytest.importorskip("ray")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_ray_and_local_executors_leave_the_same_behind(audited, monkeypatch):
    monkeypatch.setattr(parts_module, "DOCUMENTS", 9)
    records = [*texts(15), DENIAL, document(texts(1)[0].text, "copy", **KNOWN)]
    local, ray = audited(records, "local"), audited(records, "ray", on="ray", workers=2)
    assert ray.lines == local.lines
    assert ray.page == local.page
    assert "duplicates.near_copy" in ray.tags("copy")


def test_a_task_that_no_node_has_the_memory_for_is_refused_and_not_waited_for(tmp_path):
    connection, ours = cluster(1)
    try:
        with pytest.raises(UserError, match="of memory, and no node of the Ray cluster has"):
            list(on_ray(print, [Task("a", (), ())], 1, memory=1 << 50))
    finally:
        if ours:
            connection.shutdown()


def test_what_a_step_raises_over_ray_reaches_the_one_who_asked(tmp_path):
    def step(documents, rank, of):
        raise ValueError(f"part {rank} of {of} cannot be read")

    connection, ours = cluster(1)
    try:
        with pytest.raises(ValueError, match="part 0 of 2 cannot be read"):
            over_ray([("see", [step], 2)], tmp_path, 1)
    finally:
        if ours:
            connection.shutdown()
