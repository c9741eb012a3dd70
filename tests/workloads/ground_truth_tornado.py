"""The endpoints of ground_truth_async.py as Tornado serves them: a task for each connection, which
starts one for each request."""

from ground_truth_async import ROUTES, nap
from tornado.web import Application, RequestHandler


class Nap(RequestHandler):
    async def get(self, ms):
        self.finish(await nap(ms))


class Handler(RequestHandler):
    async def get(self):
        self.finish(await ROUTES[self.request.path]())


app = Application([(r"/nap/(\d+)", Nap), *((route, Handler) for route in ROUTES)])
