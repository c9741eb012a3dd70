#include "python/application_line.h"

#include <gtest/gtest.h>
#include <vector>

namespace linger::python {
namespace {

TEST(ApplicationLine, IsTheInnermostOfTheApplication)
{
  const std::vector<Frame> stack{
    { "/usr/lib/python3/dist-packages/redis/connection.py", "SocketBuffer._read_from_socket", 196 },
    { "/srv/shop/cart.py", "total", 31 },
    { "/srv/shop/views.py", "checkout", 12 },
    { "/usr/lib/python3/dist-packages/flask/app.py", "Flask.wsgi_app", 2525 },
    { "<frozen runpy>", "_run_module_as_main", 198 },
  };
  EXPECT_EQ(application_line(stack, "/srv", ""), "shop/cart.py:31 in total");
}

TEST(ApplicationLine, IsTheInnermostAtAllWhereTheApplicationIsNot)
{
  const std::vector<Frame> stack{
    { "/usr/lib/python3/dist-packages/gunicorn/http/unreader.py", "SocketUnreader.chunk", 60 },
    { "/usr/lib/python3.11/threading.py", "Thread.run", 975 },
  };
  EXPECT_EQ(application_line(stack, "/", ""),
            "gunicorn/http/unreader.py:60 in SocketUnreader.chunk");
}

TEST(ApplicationLine, SaysNoLineThatItDoesNotKnow)
{
  EXPECT_EQ(application_line(std::vector<Frame>{ { "/srv/a.py", "f", 0 } }, "/srv", ""),
            "a.py in f");
  EXPECT_EQ(application_line({}, "/srv", ""), "");
}

TEST(ApplicationLine, KnowsAnApplicationThatWasInstalled)
{
  const std::vector<Frame> stack{
    { "/venv/lib/python3.12/site-packages/psycopg/waiting.py", "wait", 5 },
    { "/venv/lib/python3.12/site-packages/shop/cart.py", "total", 31 },
  };
  EXPECT_EQ(application_line(stack, "/", "shop"), "shop/cart.py:31 in total");
  EXPECT_EQ(application_line(stack, "/", "sho"), "psycopg/waiting.py:5 in wait");
}

TEST(Origin, IsToldByThePath)
{
  for (const char *file :
       { "/usr/lib/python3.11/threading.py", "/usr/local/lib/python3.8/json/decoder.py",
         "/usr/lib64/python3.9/socket.py", "/root/.pyenv/versions/3.10.13/lib/python3.10/ssl.py",
         "/usr/lib/python311.zip/socket.py", "<frozen importlib._bootstrap>", "<string>", "" })
    EXPECT_EQ(origin_of(file, ""), Origin::standard) << file;
  for (const char *file : { "/usr/lib/python3/dist-packages/flask/app.py",
                            "/srv/venv/lib/python3.12/site-packages/flask/app.py",
                            "/usr/bin/gunicorn", "/srv/venv/bin/uvicorn" })
    EXPECT_EQ(origin_of(file, ""), Origin::installed) << file;
  for (const char *file :
       { "/srv/shop/app.py", "app.py", "/srv/lib/python/app.py", "/home/jane/lib/pythonic/app.py",
         "/srv/lib/python3-shop/app.py", "/srv/bin/serve.py", "/srv/robin/app" })
    EXPECT_EQ(origin_of(file, ""), Origin::application) << file;
}

TEST(Shortened, NamesAFileAsPeopleDo)
{
  EXPECT_EQ(shortened("/srv/shop/cart.py", "/srv"), "shop/cart.py");
  EXPECT_EQ(shortened("/srv/shop/cart.py", "/srv/sh"), "shop/cart.py");
  EXPECT_EQ(shortened("/srv/a/b/c/cart.py", "/opt"), "c/cart.py");
  EXPECT_EQ(shortened("/cart.py", "/"), "cart.py");
  EXPECT_EQ(shortened("./cart.py", "/srv"), "cart.py");
  EXPECT_EQ(shortened("/usr/lib/python3.11/json/decoder.py", "/usr"), "json/decoder.py");
  EXPECT_EQ(shortened("/v/lib/python3.11/site-packages/flask/app.py", "/v"), "flask/app.py");
  EXPECT_EQ(shortened("<string>", "/srv"), "<string>");
}

TEST(WaitsForEvent, TellsWaitsOfTheStandardLibraryFromThoseForALock)
{
  const Frame own{ .file = "/srv/shop/cart.py", .function = "show", .line = 5 };
  for (const char *file : { "/usr/lib/python3.11/threading.py", "/usr/lib/python3.11/queue.py",
                            "/opt/python/lib/python3.13/concurrent/futures/_base.py",
                            "/usr/lib/python3.11/multiprocessing/pool.py" })
    EXPECT_TRUE(waits_for_event(std::vector{ Frame{ file, "wait", 1 }, own })) << file;
  for (const char *file : { "/srv/shop/threading.py", "/usr/lib/python3.11/logging/__init__.py",
                            "<string>", "/srv/venv/lib/python3.11/site-packages/queue.py" })
    EXPECT_FALSE(waits_for_event(std::vector{ Frame{ file, "wait", 1 }, own })) << file;
  EXPECT_FALSE(
      waits_for_event(std::vector{ own, Frame{ "/usr/lib/python3.11/threading.py", "run", 1 } }));
  EXPECT_FALSE(waits_for_event({}));
}

} // namespace
} // namespace linger::python
