"""Ray on a real cluster of two nodes of this machine, one of which is killed in the middle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from motionbench.errors import UsageError
from motionbench.executors.on_ray import OnRay
from motionbench.plan import Item

ray = pytest.importorskip("ray")
pytestmark = pytest.mark.slow


@pytest.fixture
def cluster(crews: Any) -> Iterator[Any]:
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    made.second = made.add_node(num_cpus=1)
    yield made
    ray.shutdown()
    made.shutdown()


def test_a_node_that_is_lost_loses_nothing(
    crews: Any, cluster: Any, fakes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTIONBENCH_FAKE_SLEEP", "0.3")
    store, begun, killed = crews.store(), set(), []

    def kill(worker: str, item: Item) -> None:
        begun.add(worker)
        if len(begun) == 2 and not killed:
            killed.append(item.key)
            cluster.remove_node(cluster.second, allow_graceful=False)

    executor = OnRay({"address": cluster.address}, 0)
    result = crews.go(store, crews.watching(kill), executor=executor)
    assert (len(result.rows), result.failures, len(killed)) == (16, 0, 1)
    assert crews.table(store) == crews.table(crews.alone())
    assert [event["how"].split(" (")[0] for event in crews.events("lost")] == ["was lost with its actor"]


def test_a_setting_that_ray_has_not_is_refused() -> None:
    with pytest.raises(UsageError, match="--executor ray has no setting 'partition'; it has address, cpus"):
        OnRay({"partition": "gpu"}, 0)
