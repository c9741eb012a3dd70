"""Sales by month, for the people who run the shop."""

from flask import Blueprint

from .settings import Settings
from .stores import Stores


def create_blueprint(_: Settings, stores: Stores) -> Blueprint:
    report = Blueprint("report", __name__)

    @report.get("/report/<int:year>")
    def sales(year: int):
        # The fault is not here: monthly_sales is a slow view in the sick database.
        with stores.transaction() as cursor:
            cursor.execute("SELECT month, orders, items FROM monthly_sales"
                           " WHERE year = %s ORDER BY month", (year,))
            rows = cursor.fetchall()
        return {"months": [{"month": m, "orders": o, "items": i} for m, o, i in rows]}

    return report
