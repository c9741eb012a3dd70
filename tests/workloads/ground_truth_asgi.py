"""Gunicorn's UvicornWorker for the ground-truth application, which speaks WSGI."""

from uvicorn.workers import UvicornWorker


class WsgiUvicornWorker(UvicornWorker):
    CONFIG_KWARGS = {"interface": "wsgi"}
