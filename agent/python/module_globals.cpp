#include "python/module_globals.h"

#include "python/application_line.h"
#include "python/gc_lists.h"
#include "python/heap_text.h"
#include "python/references.h"
#include "python/type_table.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <string_view>

namespace linger::python {
namespace {

constexpr std::size_t copy_limit_bytes = std::size_t{ 64 } * 1024 * 1024;
constexpr std::uint64_t word_bytes = sizeof(std::uint64_t);
/// What is read of a dict.
constexpr std::size_t dict_head_bytes = 48;
constexpr std::uint64_t dict_used = 16;
/// Where a module's file stands among its variables, at the latest.
constexpr int first_variables = 24;
/// More than any module has.
constexpr std::uint64_t most_entries = 200'000;

template <typename T>
T at(std::span<const std::byte> bytes, std::size_t offset)
{
  T value{};
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::string file_of(HeapCopy &copy, const HeapLayout &layout, std::uint64_t dict)
{
  std::string file;
  int seen = 0;
  for_each_entry(copy, layout, dict, [&](std::uint64_t key, std::uint64_t value) {
    if (heap_text(copy, layout, key) == "__file__")
      file = heap_text(copy, layout, value);
    return file.empty() && ++seen < first_variables;
  });
  return file;
}

bool is_of_interest(std::string_view name)
{
  return !name.empty() && !name.starts_with("__");
}

} // namespace

ModuleGlobals::ModuleGlobals(std::unique_ptr<Memory> memory, Regions regions, ProcessHeap heap,
                             std::string package)
    : memory_(std::move(memory)), regions_(std::move(regions)), heap_(std::move(heap)),
      package_(std::move(package))
{
}

Result<ModuleGlobals> ModuleGlobals::open(const std::filesystem::path &proc, std::uint32_t tgid,
                                          std::string package)
{
  auto heap = heap_of_process(proc, tgid);
  if (!heap)
    return tl::unexpected(heap.error());
  return ModuleGlobals{ std::make_unique<ProcessMemory>(tgid),
                        [proc, tgid] { return regions_of_process(proc, tgid); }, std::move(*heap),
                        std::move(package) };
}

void ModuleGlobals::survey_module(HeapCopy &copy, TypeTable &types, std::string name,
                                  std::uint64_t dict)
{
  auto known = std::ranges::find(modules_, dict, &Module::dict);
  const bool is_new = known == modules_.end();
  if (is_new)
    known =
        modules_.insert(modules_.end(), { .name = std::move(name), .dict = dict, .variables = {} });
  for_each_entry(copy, heap_.heap_layout, dict, [&](std::uint64_t key, std::uint64_t value) {
    if (!known->variables.contains(key)) {
      if (variables_ >= most_variables) {
        ++left_out_;
        return true;
      }
      std::string text = heap_text(copy, heap_.heap_layout, key);
      if (!is_of_interest(text))
        text.clear();
      known->variables.emplace(
          key,
          Variable{ .name = std::move(text), .value = {}, .seen = false, .appeared = !is_new });
      ++variables_;
    }
    if (const Type *type = types.of(value); type && !types_.contains(type->address))
      types_.emplace(type->address, held_type_of(*type));
    return true;
  });
}

Result<> ModuleGlobals::survey()
{
  const AddressSpace space{ regions_() };
  HeapCopy copy{ *memory_, space, copy_limit_bytes };
  TypeTable types{ copy, heap_.heap_layout };
  const auto interpreters = interpreters_of(copy, heap_.layout, heap_.interpreter.runtime_address);
  if (!interpreters)
    return tl::unexpected(interpreters.error());
  left_out_ = 0;
  modules_dict_ = copy.word(interpreters->front() + heap_.heap_layout.interpreter_modules);
  modules_count_ = copy.word(modules_dict_ + dict_used);
  std::set<std::uint64_t> there;
  for_each_entry(
      copy, heap_.heap_layout, modules_dict_, [&](std::uint64_t key, std::uint64_t module) {
        const Type *type = types.of(module);
        if (!type || type->shape != Shape::module)
          return true;
        const std::uint64_t dict = copy.word(module + module_dict);
        const std::string file = file_of(copy, heap_.heap_layout, dict);
        if (origin_of(file, package_) != Origin::application || !there.insert(dict).second)
          return true;
        survey_module(copy, types, heap_text(copy, heap_.heap_layout, key), dict);
        return true;
      });
  std::erase_if(modules_, [&](const Module &module) { return !there.contains(module.dict); });
  variables_ = 0;
  for (const Module &module : modules_)
    variables_ += module.variables.size();
  looks_since_survey_ = 0;
  surveyed_ = true;
  outdated_ = false;
  return {};
}

Result<bool> ModuleGlobals::modules_changed() const
{
  const auto count = memory_->value<std::uint64_t>(modules_dict_ + dict_used);
  if (!count)
    return tl::unexpected(count.error());
  return *count != modules_count_;
}

Result<std::vector<ModuleGlobals::Entry>> ModuleGlobals::entries()
{
  std::vector<std::uint64_t> addresses;
  for (const Module &module : modules_)
    addresses.push_back(module.dict);
  std::vector<std::byte> before(addresses.size() * dict_head_bytes);
  std::vector<std::byte> after(before.size());
  if (const auto done = memory_->read_pieces(addresses, dict_head_bytes, before); !done)
    return tl::unexpected(done.error());
  const auto keys_in = [](std::span<const std::byte> heads, std::size_t number) {
    return at<std::uint64_t>(heads.subspan(number * dict_head_bytes, dict_head_bytes), dict_keys);
  };
  for (std::size_t i = 0; i < addresses.size(); ++i)
    addresses[i] = keys_in(before, i);
  std::vector<std::byte> heads(addresses.size() * dict_keys_head_bytes);
  if (const auto done = memory_->read_pieces(addresses, dict_keys_head_bytes, heads); !done)
    return tl::unexpected(done.error());

  std::vector<std::vector<std::byte>> tables(modules_.size());
  std::vector<std::size_t> strides(modules_.size());
  for (std::size_t i = 0; i < modules_.size(); ++i) {
    const auto keys =
        dict_keys_in(std::span(heads).subspan(i * dict_keys_head_bytes, dict_keys_head_bytes),
                     heap_.heap_layout);
    if (!keys || keys->entries > most_entries)
      continue;
    tables[i].resize(keys->entries * keys->entry_bytes);
    strides[i] = keys->entry_bytes;
    if (!memory_->read(addresses[i] + keys->header_bytes + keys->index_bytes, tables[i]))
      tables[i].clear();
  }
  for (std::size_t i = 0; i < modules_.size(); ++i)
    addresses[i] = modules_[i].dict;
  if (const auto done = memory_->read_pieces(addresses, dict_head_bytes, after); !done)
    return tl::unexpected(done.error());

  std::vector<Entry> entries;
  for (std::size_t i = 0; i < modules_.size(); ++i) {
    // A table that was replaced meanwhile may have been read when it was something else already.
    if (keys_in(before, i) != keys_in(after, i))
      continue;
    const bool hashed = strides[i] == 3 * word_bytes;
    for (std::size_t offset = 0; offset + strides[i] <= tables[i].size() && strides[i] != 0;
         offset += strides[i]) {
      const std::size_t key = offset + (hashed ? word_bytes : 0);
      const auto value = at<std::uint64_t>(tables[i], key + word_bytes);
      if (value != 0)
        entries.push_back(
            { .module = &modules_[i], .key = at<std::uint64_t>(tables[i], key), .value = value });
    }
  }
  return entries;
}

Result<ModuleGlobals::Seen> ModuleGlobals::look()
{
  bool surveys = !surveyed_;
  if (surveyed_ && ++looks_since_survey_ >= looks_between_surveys) {
    const auto changed = modules_changed();
    if (!changed)
      return tl::unexpected(changed.error());
    surveys = outdated_ || *changed;
  }
  if (surveys) {
    if (const auto done = survey(); !done)
      return tl::unexpected(done.error());
  }
  const auto now = entries();
  if (!now)
    return tl::unexpected(now.error());
  std::vector<std::uint64_t> addresses;
  for (const Entry &entry : *now)
    addresses.push_back(entry.value);
  std::vector<std::byte> heads(addresses.size() * held_head_bytes);
  if (const auto done = memory_->read_pieces(addresses, held_head_bytes, heads); !done)
    return tl::unexpected(done.error());

  Seen seen{ .changes = {}, .left_out = left_out_ };
  std::set<std::uint64_t> told; // containers: of several names, the first
  for (std::size_t i = 0; i < now->size(); ++i) {
    const Entry &entry = (*now)[i];
    const auto found = entry.module->variables.find(entry.key);
    if (found == entry.module->variables.end()) {
      outdated_ = true;
      continue;
    }
    Variable &variable = found->second;
    if (variable.name.empty())
      continue;
    const auto head = std::span(heads).subspan(i * held_head_bytes, held_head_bytes);
    const auto type = types_.find(at<std::uint64_t>(head, object_type));
    if (type == types_.end()) {
      outdated_ = true; // or what it held is gone by now
      continue;
    }
    const HeldValue value = held_value(type->second, head, entry.value, heap_.heap_layout);
    const HeldValue before = std::exchange(variable.value, value);
    const bool first = !std::exchange(variable.seen, true);
    if (type->second.held == Held::definition || (first && !variable.appeared))
      continue;
    domain::GlobalChange change{ .name = entry.module->name + "." + variable.name,
                                 .type = type->second.name };
    const bool equal = value.type == before.type && value.print == before.print;
    if (first || !equal || (value.address != before.address && !value.whole)) {
      change.rebound = true;
      change.rises = !first && value.type == before.type && value.number > before.number;
    } else if (type->second.held == Held::container && value.address == before.address &&
               value.items != before.items && told.insert(value.address).second) {
      change.items = value.items;
      change.items_before = before.items;
    } else {
      continue;
    }
    if (seen.changes.size() < most_changes)
      seen.changes.push_back(std::move(change));
    else
      ++seen.left_out;
  }
  std::ranges::sort(seen.changes, {}, &domain::GlobalChange::name);
  return seen;
}

} // namespace linger::python
