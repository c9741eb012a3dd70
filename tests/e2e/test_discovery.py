"""Is each kind of server recognised, with its master, its workers and what it was told?"""

import pytest
from harness.agent import run
from harness.requirements import SERVICES
from harness.servers import PythonServer, Uwsgi
from harness.workload import UWSGI
from services.processes import free_port, wait_until

pytestmark = pytest.mark.requires(*SERVICES)


def found(server) -> dict:
    (one,) = run("linger", "servers", "--no-agent", "--format", "json", "--pid",
                 server.tgid).json()["servers"]
    return one


def worker_tgids(one: dict) -> set[int]:
    return {worker["tgid"] for worker in one.get("workers", [])}


def told(one: dict) -> tuple:
    return (one["kind"], one["workerClass"], one["workersConfigured"], one["threadsPerWorker"])


def warns_of_its_figures(one: dict) -> bool:
    return any("do not use" in gap for gap in one.get("gaps", []))


@pytest.mark.requires("uwsgi")
@pytest.mark.parametrize("model, expected", [
    ("uwsgi", ("uwsgi", "processes", 2, 1)), ("uwsgi-threads", ("uwsgi", "threads", 2, 4)),
])
def test_finds_uwsgi(workload, model, expected):
    with workload.start(model, "--harakiri", "17", "--max-requests", "1234") as server:
        one = found(server)
        assert told(one) == expected
        assert one["masterTgid"] == server.tgid
        assert worker_tgids(one) == server.workers()
        assert one["app"] == "ground_truth:app"
        assert one["listen"] == [f"127.0.0.1:{server.port}"]
        assert (one["timeoutSeconds"], one["maxRequests"]) == (17, 1234)
        assert one["pythonVersion"].startswith("3.")
        assert not one.get("gaps")


@pytest.mark.requires("uwsgi")
def test_takes_the_first_worker_for_the_master_where_uwsgi_has_none(workload):
    with workload.start("uwsgi-no-master") as server:
        one = found(server)
        assert one["masterTgid"] == server.tgid
        assert worker_tgids(one) == {server.tgid} | server.workers()


@pytest.mark.requires("uwsgi", "uwsgi-http")
def test_takes_no_router_mule_or_spooler_for_a_worker(workload, directory):
    (directory / "spool").mkdir()
    for title in ([], ["--auto-procname"]):
        with workload.start_other(Uwsgi, *UWSGI["uwsgi"], "--plugin", "http", "--mule",
                                  "--spooler", directory / "spool", "--http",
                                  f"127.0.0.1:{free_port()}", *title) as server:
            # Two workers of five children.
            wait_until(lambda: len(server.workers()) == 5, 10, "everything is there")
            assert len(worker_tgids(found(server))) == 2
            assert worker_tgids(found(server)) <= server.workers()


@pytest.mark.requires("uwsgi")
def test_reads_uwsgis_ini_file(workload, directory):
    ini = directory / "app.ini"
    ini.write_text("[uwsgi]\nmaster = true\nprocesses = 3\nthreads = 2\nharakiri = 9\n"
                   "lazy-apps = true\n")
    with workload.start_other(Uwsgi, "--ini", ini) as server:
        one = found(server)
        assert told(one) == ("uwsgi", "threads", 3, 2)
        assert one["timeoutSeconds"] == 9
        assert not one.get("preload")
        assert worker_tgids(one) == server.workers()


@pytest.mark.parametrize("worker_class", [
    pytest.param("gevent", marks=pytest.mark.requires("gevent")),
    pytest.param("eventlet", marks=pytest.mark.requires("eventlet")),
    pytest.param("tornado", marks=pytest.mark.requires("tornado")),
    pytest.param("ground_truth_asgi.WsgiUvicornWorker", marks=pytest.mark.requires("uvicorn")),
])
def test_finds_gunicorns_event_loops(workload, worker_class):
    with workload.serve("--worker-class", worker_class, "--workers", "2") as server:
        one = found(server)
        assert told(one) == ("gunicorn", worker_class, 2, 1)
        assert worker_tgids(one) == server.workers()
        assert not warns_of_its_figures(one)


@pytest.mark.requires("waitress")
def test_finds_waitress(workload):
    with workload.start_other(PythonServer, "waitress", "--listen=127.0.0.1:{port}",
                              "--threads=3", "ground_truth:app") as server:
        one = found(server)
        assert told(one) == ("waitress", "threads", 1, 3)
        assert worker_tgids(one) == {server.tgid}
        assert one["app"] == "ground_truth:app"
        assert one["listen"] == [f"127.0.0.1:{server.port}"]
        assert not warns_of_its_figures(one)


@pytest.mark.requires("uvicorn")
@pytest.mark.parametrize("workers", [1, 2])
def test_finds_uvicorn(workload, workers):
    with workload.start_other(PythonServer, "uvicorn", "--interface", "wsgi", "--port", "{port}",
                              "--workers", workers, "ground_truth:app") as server:
        wait_until(lambda: len(found(server)["workers"]) == workers, 10, "its workers are there")
        one = found(server)
        assert told(one) == ("uvicorn", "asyncio", workers, 1)
        assert worker_tgids(one) <= ({server.tgid} if workers == 1 else server.workers())
        assert one["listen"] == [f"127.0.0.1:{server.port}"]
        assert not warns_of_its_figures(one)


@pytest.mark.requires("root", "mod_wsgi")
def test_finds_mod_wsgis_daemons(workload):
    with workload.start("mod_wsgi") as server:
        one = found(server)
        assert (one["kind"], one["app"], one["workersConfigured"]) == ("mod_wsgi", "shop", 2)
        assert len(worker_tgids(one)) == 2
        assert worker_tgids(one) <= server.workers()
        assert one["listen"] == [f"127.0.0.1:{server.port}"]
        assert not warns_of_its_figures(one)
