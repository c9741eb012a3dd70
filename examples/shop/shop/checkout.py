"""From a cart to a paid order."""

import threading

import requests
from flask import Blueprint, abort

from .cart import key_of
from .settings import Settings
from .stores import Stores


def create_blueprint(settings: Settings, stores: Stores) -> Blueprint:
    checkout = Blueprint("checkout", __name__)
    of_thread = threading.local()

    def pay_on_kept_connection(order: int) -> None:
        if not hasattr(of_thread, "session"):
            of_thread.session = requests.Session()
        answer = of_thread.session.post(settings.payment, json={"order": order}, timeout=10)
        answer.raise_for_status()

    @checkout.post("/checkout/<int:customer>")
    def buy(customer: int):
        items = stores.cache.hgetall(key_of(customer))
        if not items:
            abort(409, "the cart is empty")
        if settings.sick:
            # Faults: a new connection for each payment, and the transaction stays open meanwhile.
            with stores.transaction() as cursor:
                order = place(cursor, customer, items)
                requests.post(settings.payment, json={"order": order}, timeout=10)
                mark_paid(cursor, order)
        else:
            with stores.transaction() as cursor:
                order = place(cursor, customer, items)
            pay_on_kept_connection(order)
            with stores.transaction() as cursor:
                mark_paid(cursor, order)
        stores.cache.delete(key_of(customer))
        return {"order": order}, 201

    return checkout


def place(cursor, customer: int, items: dict[str, str]) -> int:
    """Writes the order and its lines; returns its number."""
    cursor.execute("INSERT INTO orders (customer) VALUES (%s) RETURNING id", (customer,))
    (order,) = cursor.fetchone()
    for product, quantity in items.items():
        cursor.execute("INSERT INTO order_lines VALUES (%s, %s, %s)", (order, product, quantity))
    return order


def mark_paid(cursor, order: int) -> None:
    cursor.execute("UPDATE orders SET paid = true WHERE id = %s", (order,))
