"""The list of products, and a page for each."""

import json

from flask import Blueprint, abort

from .settings import Settings
from .stores import Stores

CACHED_SECONDS = 300

# Fault: every view ever rendered, for a "recently viewed" box that shows the last five.
RECENT_VIEWS = []


def create_blueprint(settings: Settings, stores: Stores) -> Blueprint:
    catalogue = Blueprint("catalogue", __name__)

    @catalogue.get("/products")
    def products():
        with stores.transaction() as cursor:
            cursor.execute("SELECT id, name, price_cents FROM products ORDER BY id LIMIT 50")
            rows = cursor.fetchall()
        return {"products": [{"id": i, "name": n, "price_cents": p} for i, n, p in rows]}

    @catalogue.get("/product/<int:product_id>")
    def product(product_id: int):
        view = render(load(stores, product_id))
        if settings.sick:
            RECENT_VIEWS.append(view)
        return "\n".join(view)

    return catalogue


def load(stores: Stores, product_id: int) -> dict:
    """The product with its reviews, from the cache where it is there; aborts with 404."""
    key = f"product:{product_id}"
    if cached := stores.cache.get(key):
        return json.loads(cached)
    with stores.transaction() as cursor:
        cursor.execute("SELECT name, price_cents FROM products WHERE id = %s", (product_id,))
        row = cursor.fetchone()
        if row is None:
            abort(404)
        cursor.execute("SELECT stars, text FROM reviews WHERE product_id = %s", (product_id,))
        found = {"name": row[0], "price_cents": row[1], "reviews": cursor.fetchall()}
    stores.cache.set(key, json.dumps(found), ex=CACHED_SECONDS)
    return found


def render(product: dict) -> list[str]:
    """The lines of the product's page: about 28 KB of small strings."""
    price = product["price_cents"]
    lines = [f"<h1>{product['name']}</h1>", f"<p>{price // 100}.{price % 100:02d}</p>", "<ul>"]
    lines += [f"<li>{'*' * stars} {text}</li>" for stars, text in product["reviews"]]
    return [*lines, "</ul>"]
