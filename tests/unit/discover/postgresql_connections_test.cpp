#include "discover/postgresql_connections.h"

#include "unit/discover/fake_proc.h"

#include <gtest/gtest.h>

namespace linger::discover {
namespace {

namespace fs = std::filesystem;

/// A server in a container of its own, whose first process is 70 here.
class PostgresqlConnectionsTest : public testing::Test {
protected:
  PostgresqlConnectionsTest()
  {
    write_file(proc() / "70" / "cmdline",
               joined_with_nul({ "/usr/lib/postgresql/15/bin/postgres", "-D", "/data", "-c",
                                 "config_file=/etc/pg/postgresql.conf" }));
    fs::create_directories(root());
    fs::create_directory_symlink(root(), proc() / "70" / "root");
    fs::create_directory_symlink(root() / "data", proc() / "70" / "cwd"); // as after a chroot
  }

  [[nodiscard]] const fs::path &proc() const { return proc_.path(); }
  [[nodiscard]] fs::path root() const { return directory_.path() / "root"; }
  void say(const std::string &file, const std::string &text) { write_file(root() / file, text); }

private:
  TemporaryDirectory proc_;
  TemporaryDirectory directory_;
};

TEST_F(PostgresqlConnectionsTest, TheLimitIsThatOfTheFilesInTheirOrder)
{
  say("etc/pg/postgresql.conf", "max_connections = 50\ninclude_dir 'conf.d'\n");
  EXPECT_EQ(postgresql_limit(proc(), 70).error().kind, Error::Kind::not_found) << "no conf.d";
  say("etc/pg/conf.d/20.conf", "max_connections = 30\n");
  say("etc/pg/conf.d/10.conf", "max_connections = 40\nsuperuser_reserved_connections = 1\n");
  say("etc/pg/conf.d/99.conf.old", "max_connections = 1\n");
  EXPECT_EQ(postgresql_limit(proc(), 70).value(), 29U);
  say("data/postgresql.auto.conf", "max_connections = '60'\n");
  EXPECT_EQ(postgresql_limit(proc(), 70).value(), 59U);
}

TEST_F(PostgresqlConnectionsTest, IncludesThatAreMissingFailUnlessTheyMayBe)
{
  say("etc/pg/postgresql.conf", "include_if_exists 'more.conf'\n");
  EXPECT_EQ(postgresql_limit(proc(), 70).value(), 97U);
  say("etc/pg/postgresql.conf", "include 'more.conf'\n");
  EXPECT_EQ(postgresql_limit(proc(), 70).error().kind, Error::Kind::not_found);
}

TEST_F(PostgresqlConnectionsTest, AFileThatIncludesItselfEnds)
{
  say("etc/pg/postgresql.conf", "include 'postgresql.conf'\n");
  EXPECT_EQ(postgresql_limit(proc(), 70).error().kind, Error::Kind::exhausted);
}

TEST_F(PostgresqlConnectionsTest, NothingIsReadOutsideOfTheContainer)
{
  const TemporaryDirectory outside;
  write_file(outside.path() / "secret.conf", "max_connections = 7\n");
  say("etc/pg/postgresql.conf", "");
  fs::remove(root() / "etc/pg/postgresql.conf");
  fs::create_symlink(outside.path() / "secret.conf", root() / "etc/pg/postgresql.conf");
  EXPECT_EQ(postgresql_limit(proc(), 70).error().kind, Error::Kind::not_found);
}

TEST_F(PostgresqlConnectionsTest, ClientsAreTheChildrenThatServeOne)
{
  EXPECT_FALSE(postgresql_clients(proc(), 70)) << "a kernel that does not list children";
  write_file(proc() / "70" / "task" / "70" / "children", "71 72 73 74 ");
  write_file(proc() / "71" / "cmdline", "postgres: checkpointer ");
  write_file(proc() / "72" / "cmdline", "postgres: alice shop [local] idle");
  write_file(proc() / "73" / "cmdline", "postgres: alice shop 10.0.0.7(4321) idle");
  EXPECT_EQ(postgresql_clients(proc(), 70).value(), 2U) << "74 has ended in between";
}

} // namespace
} // namespace linger::discover
