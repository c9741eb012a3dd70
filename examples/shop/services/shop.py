"""The sample shop with everything it needs."""

from contextlib import ExitStack
from pathlib import Path

from .gunicorn import Gunicorn
from .payment import Payment
from .postgres import Postgres
from .redis_server import Redis

SHOP = Path(__file__).resolve().parents[1]
PAYMENT_DELAY_MS = {"healthy": 2, "sick": 150}


class Shop:
    """A context manager: inside it the shop answers, after it nothing is left running.

    `mode` is "healthy" or "sick". `tell` is called with a sentence before each step.
    """

    def __init__(self, directory: Path, mode: str, tell=lambda _: None):
        self.directory = Path(directory)
        self.mode = mode
        self._tell = tell
        self._stack = ExitStack()

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _start(self) -> None:
        images = self.directory / "images"
        images.mkdir()
        self._tell("starting PostgreSQL")
        postgres = self._stack.enter_context(Postgres(self.directory))
        postgres.execute((SHOP / "schema.sql").read_text(),
                         (SHOP / f"report.{self.mode}.sql").read_text())
        self._tell("starting Redis and the payment service")
        redis = self._stack.enter_context(Redis(self.directory))
        payment = self._stack.enter_context(Payment(self.directory, PAYMENT_DELAY_MS[self.mode]))
        self._tell(f"starting the {self.mode} shop under Gunicorn")
        self.gunicorn = self._stack.enter_context(Gunicorn(
            self.directory, "shop.app:app", "--config", SHOP / f"gunicorn.{self.mode}.conf.py",
            chdir=SHOP, ready_path="/health", env={
                "SHOP_MODE": self.mode, "SHOP_DATABASE": postgres.dsn, "SHOP_CACHE": redis.url,
                "SHOP_PAYMENT": payment.url, "SHOP_IMAGES": str(images),
            }))
