"""Many clients at the same time, and what their requests must have been given."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from statistics import median

from .client import Client
from .report import causes, number


def send_mixed(port: int, routes: list[str], clients: int, each: int) -> Counter:
    """`clients` at once, each on a connection of its own, the routes in turn; what was sent."""
    return send_mixed_timed(port, routes, clients, each)[0]


def send_mixed_timed(port: int, routes: list[str], clients: int,
                     each: int) -> tuple[Counter, Counter]:
    """The same, and how long the clients took to send it: Client.sending_ns."""
    def work(first: int) -> tuple[Counter, Counter]:
        with Client(port) as client:
            for i in range(each):
                client.get(routes[(first + i) % len(routes)])
            return client.sent, client.sending_ns
    with ThreadPoolExecutor(clients) as threads:
        done = list(threads.map(work, range(clients)))
    return sum((sent for sent, _ in done), Counter()), sum((ns for _, ns in done), Counter())


def check_causes_add_up(requests: list[dict]) -> None:
    """Every nanosecond of each request has exactly one cause."""
    for request in requests:
        wall = number(request["time"], "wallNs")
        assert wall > 0, request
        assert abs(sum(causes(request["time"]).values()) - wall) <= 0.01 * wall, request


def check_own_waits(requests: list[dict], truths: list[int], cause: str, none_of: set[str]) -> None:
    """These requests of one endpoint waited as long as the application measured, and for nothing
    that others waited for. Within the larger of 1 % and 0.3 ms at the median; what the application
    measured holds the time that others had the thread besides."""
    def middle(*names: str) -> float:
        return median(sum(number(request["time"], f"{name}Ns") for name in names)
                      for request in requests)
    truth = median(truths)
    tolerance = max(0.01 * truth, 300_000)
    assert middle(cause) - tolerance <= truth, (cause, middle(cause), truth)
    assert truth <= middle(cause, "eventLoop", "runQueue", "onCpu") + tolerance, \
        (cause, middle(cause), middle("eventLoop"), truth)
    for request in requests:
        for other in none_of:
            assert number(request["time"], f"{other}Ns") == 0, (cause, other, request)


def check_own_sum(times: dict[str, int], truths: list[int], cause: str) -> None:
    """The same of the sums over all requests of an endpoint, from a report: causes() of it."""
    truth = sum(truths)
    tolerance = max(0.01 * truth, 300_000 * len(truths))
    assert times[cause] - tolerance <= truth, (cause, times, truth)
    shown = sum(times.get(name, 0) for name in (cause, "eventLoop", "runQueue", "onCpu"))
    assert truth <= shown + tolerance, (cause, times, truth)
