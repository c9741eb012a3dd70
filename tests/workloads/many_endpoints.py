"""Answers whatever is asked, with next to nothing in memory: hundreds of such workers have room on one machine."""


def app(environ, start_response):
    body = environ["PATH_INFO"].encode("latin-1")
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
