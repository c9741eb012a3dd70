"""The WSGI application: `shop.app:app`."""

from flask import Flask

from . import cart, catalogue, checkout, images, report
from .settings import Settings
from .stores import Stores


def create_app(settings: Settings) -> Flask:
    """The shop in the mode that the settings ask for. Opens no connection yet."""
    stores = Stores(settings.database, settings.cache)
    shop = Flask("shop")

    @shop.get("/health")
    def health():
        return "ok\n"

    for part in (catalogue, cart, checkout, report, images):
        shop.register_blueprint(part.create_blueprint(settings, stores))
    return shop


app = create_app(Settings.from_environment())
