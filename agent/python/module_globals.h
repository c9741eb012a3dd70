// What becomes of the variables of the application's modules while a process runs.

#pragma once

#include "base/result.h"
#include "domain/globals.h"
#include "python/address_space.h"
#include "python/held_value.h"
#include "python/memory.h"
#include "python/process_heap.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace linger::python {

class HeapCopy;
class TypeTable;

/// Looks at the dicts of modules that belong to the application (origin_of() their files), and at
/// what their variables hold: where it is, and of numbers, short strings, times and containers how
/// large. A few hundred bytes a module and look; only when there are new modules, variables or
/// types it looks at all modules. Words are written whole, so a look need not wait for the process
/// to be idle: it may see one request's write or the next one's, but no variable that does not
/// exist. Values are compared here and told to nobody. Not thread-safe.
class ModuleGlobals {
public:
  /// Of more, those that come first; what is left out is counted.
  static constexpr std::size_t most_variables = 20'000;
  static constexpr std::size_t most_changes = 256;
  /// All modules are looked at once in so many looks at most.
  static constexpr unsigned looks_between_surveys = 10;

  using Regions = std::function<std::vector<Region>()>;

  /// `package` is the application's, as for origin_of(). `regions` tells what is mapped now.
  ModuleGlobals(std::unique_ptr<Memory> memory, Regions regions, ProcessHeap heap,
                std::string package);

  /// As heap_of_process().
  [[nodiscard]] static Result<ModuleGlobals> open(const std::filesystem::path &proc,
                                                  std::uint32_t tgid, std::string package);

  struct Seen {
    std::vector<domain::GlobalChange> changes;
    std::uint64_t left_out = 0;
  };
  /// What changed since the look before; nothing at the first. Functions, classes and modules do
  /// not count, nor what a module has when it is first seen. not_found when the process is gone.
  [[nodiscard]] Result<Seen> look();

private:
  struct Variable {
    std::string name; // empty: not of interest
    HeldValue value;
    bool seen = false;
    bool appeared = false; // after its module
  };
  struct Module {
    std::string name;
    std::uint64_t dict = 0;
    std::unordered_map<std::uint64_t, Variable> variables; // by the key's address
  };
  /// A variable in a module's dict now.
  struct Entry {
    Module *module = nullptr;
    std::uint64_t key = 0;
    std::uint64_t value = 0;
  };

  [[nodiscard]] Result<> survey();
  void survey_module(HeapCopy &copy, TypeTable &types, std::string name, std::uint64_t dict);
  [[nodiscard]] Result<std::vector<Entry>> entries();
  /// Whether there are other modules than at the latest survey.
  [[nodiscard]] Result<bool> modules_changed() const;

  std::unique_ptr<Memory> memory_;
  Regions regions_;
  ProcessHeap heap_;
  std::string package_;
  std::vector<Module> modules_;
  std::unordered_map<std::uint64_t, HeldType> types_; // by the type's address
  std::uint64_t modules_dict_ = 0;
  std::uint64_t modules_count_ = 0;
  std::uint64_t left_out_ = 0;
  std::size_t variables_ = 0;
  unsigned looks_since_survey_ = 0;
  bool surveyed_ = false;
  bool outdated_ = true; // something was met that the latest survey does not know
};

} // namespace linger::python
