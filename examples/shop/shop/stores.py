"""Connections to PostgreSQL and Redis, opened at their first use and kept."""

import threading
from contextlib import contextmanager

import psycopg2
import redis


class Stores:
    """One PostgreSQL connection for each thread and a pool of Redis connections for all."""

    def __init__(self, database: str, cache: str):
        self._database = database
        self._of_thread = threading.local()
        self.cache = redis.Redis.from_url(cache, decode_responses=True)

    @contextmanager
    def transaction(self):
        """A cursor; commits at the end of the block, rolls back when it raises."""
        connection = getattr(self._of_thread, "connection", None)
        if connection is None or connection.closed:
            connection = self._of_thread.connection = psycopg2.connect(self._database)
        with connection, connection.cursor() as cursor:
            yield cursor
