// docs/configuration.md, as far as it is made into other forms.

#pragma once

#include <string>
#include <vector>

namespace linger::app {

/// One key of the configuration file: a row of a table.
struct KeyEntry {
  std::string name;          // "listen"
  std::string default_value; // as TOML
  std::string meaning;
};

/// A paragraph, an example, or a table of keys: one of the three.
struct DocumentBlock {
  std::string paragraph;
  std::vector<std::string> example;
  std::vector<KeyEntry> keys;
};

struct DocumentSection {
  std::string title; // "[agent]"
  std::vector<DocumentBlock> blocks;
};

/// Links are left out of the text, `backquotes` stay.
[[nodiscard]] std::vector<DocumentSection> configuration_document(const std::string &markdown);

/// A configuration file that changes nothing: every key with what it means and its default, behind
/// "#".
[[nodiscard]] std::string default_configuration(const std::vector<DocumentSection> &document);

} // namespace linger::app
