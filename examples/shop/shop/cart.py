"""What a customer means to buy, in Redis."""

from flask import Blueprint, request

from .settings import Settings
from .stores import Stores

KEPT_SECONDS = 3600


def key_of(customer: int) -> str:
    return f"cart:{customer}"


def create_blueprint(_: Settings, stores: Stores) -> Blueprint:
    cart = Blueprint("cart", __name__)

    @cart.get("/cart/<int:customer>")
    def show(customer: int):
        return stores.cache.hgetall(key_of(customer))

    @cart.post("/cart/<int:customer>")
    def add(customer: int):
        item = request.get_json()
        with stores.cache.pipeline() as pipeline:
            pipeline.hincrby(key_of(customer), int(item["product"]), int(item["quantity"]))
            pipeline.expire(key_of(customer), KEPT_SECONDS)
            pipeline.execute()
        return {}, 201

    return cart
