#include "decode/prepared_statements.h"

#include <utility>

namespace linger::decode {

void PreparedStatements::remember(std::uint64_t connection, const std::string &name,
                                  std::string text)
{
  texts_.insert_or_assign({ connection, name }, std::move(text));
  // Connections are numbered by inode, which the kernel counts upwards.
  if (texts_.size() > limit)
    texts_.erase(texts_.begin());
}

const std::string *PreparedStatements::find(std::uint64_t connection, const std::string &name) const
{
  const auto found = texts_.find({ connection, name });
  return found == texts_.end() ? nullptr : &found->second;
}

} // namespace linger::decode
