// Statements that a client has given a name, so that it need not send them again.

#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>

namespace linger::decode {

/// Remembers the text of each by connection and name, at most `limit` of them: the connections that
/// came first are forgotten first. Not thread-safe.
class PreparedStatements {
public:
  static constexpr std::size_t limit = 4096;

  void remember(std::uint64_t connection, const std::string &name, std::string text);

  /// Null when it was not seen being prepared.
  [[nodiscard]] const std::string *find(std::uint64_t connection, const std::string &name) const;

  [[nodiscard]] std::size_t size() const { return texts_.size(); }

private:
  struct Key {
    std::uint64_t connection = 0;
    std::string name;

    auto operator<=>(const Key &) const = default;
  };

  std::map<Key, std::string> texts_;
};

} // namespace linger::decode
