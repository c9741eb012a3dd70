"""Does a real API server take what the chart makes, with each field by its name?"""

import copy

import pytest
from harness.chart import EXAMPLES, objects_of
from harness.kubernetes import ApiServer, Refused

pytestmark = pytest.mark.requires("yaml", "kube-apiserver")
# Defined by others' installations: Prometheus' operator and cert-manager.
OTHERS = {"PodMonitor", "PrometheusRule", "Certificate"}


@pytest.fixture(scope="module")
def server(session_directory):
    with ApiServer(session_directory) as server:
        server.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "linger"}}, dry=False)
        yield server


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_api_server_takes_it(server, example):
    taken = set()
    for each in objects_of(example):
        if not server.knows(each):
            assert each["kind"] in OTHERS, each["kind"]
            continue
        kept = server.create(each, dry=True)
        assert (kept["kind"], kept["metadata"]["name"]) == (each["kind"], each["metadata"]["name"])
        taken.add(each["kind"])
    assert taken >= {"ConfigMap", "DaemonSet", "NetworkPolicy", "Pod", "ServiceAccount"}


def test_it_refuses_what_kubernetes_does_not_know(server):
    """Or the test above could not fail."""
    daemons = next(each for each in objects_of("minimal") if each["kind"] == "DaemonSet")
    misspelt = copy.deepcopy(daemons)
    misspelt["spec"]["template"]["spec"]["hostPid"] = True
    with pytest.raises(Refused, match="hostPid"):
        server.create(misspelt, dry=True)
    wrong = copy.deepcopy(daemons)
    wrong["spec"]["template"]["spec"]["containers"][0]["livenessProbe"]["httpGet"]["port"] = 0
    with pytest.raises(Refused, match="port"):
        server.create(wrong, dry=True)
