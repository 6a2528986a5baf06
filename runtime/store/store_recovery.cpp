// SPDX-License-Identifier: Apache-2.0

// The part of `store_files` that reads everything back. Keys come in the order
// of LevelDB: all groups ("g"), all headers ("h"), the id ("i"), all rows
// ("s"); headers are read first, since they say which changes still count.

#include "runtime/store/store_files.hpp"
#include "runtime/store/store_format.hpp"

#include <leveldb/iterator.h>

#include <map>

namespace muster {

using namespace store_format;

namespace {

/// Puts together what survived, shard by shard.
class survey {
public:
  explicit survey(log_index& index) : index_(index) {
    // nop
  }

  status on_header(std::string_view key, std::string_view value) {
    if (key.size() != header_prefix.size() + 4)
      return error{errc::corrupt, "a key of wrong length among the headers"};
    auto shard = shard_of(key, header_prefix.size());
    auto header = decode_header(shard, value);
    if (!header)
      return header.failure();
    index_.restore(shard, header->checkpoint, header->floor,
                   std::move(header->meta));
    shards_[shard].checkpoint = header->checkpoint;
    return ok();
  }

  status on_row(std::string_view key, std::string_view value) {
    auto skip = row_prefix.size() + 4;
    if (key.size() < skip)
      return error{errc::corrupt, "a key of wrong length among the rows"};
    auto i = shards_.find(shard_of(key, row_prefix.size()));
    if (i == shards_.end())
      return error{errc::corrupt, "a row of a shard without header"};
    i->second.rows.push_back(
      {std::string{key.substr(skip)}, std::string{value}, false});
    return ok();
  }

  status on_group(std::string_view key, std::string_view value) {
    if (key.size() != group_prefix.size() + 8)
      return error{errc::corrupt, "a key of wrong length among the groups"};
    auto number = number_in_key(key, group_prefix.size(), 8);
    index_.replay_group(number);
    auto done = decode_group(number, value, [&](store_change x) {
      return on_change(number, std::move(x));
    });
    if (!done)
      return error{done.failure().code, "group " + std::to_string(number) + ": "
                                          + done.failure().message};
    return ok();
  }

  std::vector<recovered_shard> finish() {
    std::vector<recovered_shard> result;
    result.reserve(shards_.size());
    for (auto& [shard, x] : shards_) {
      x.shard = shard;
      x.meta = index_.at(shard).meta;
      result.push_back(std::move(x));
    }
    return result;
  }

private:
  static shard_id shard_of(std::string_view key, size_t offset) {
    return shard_id{static_cast<uint32_t>(number_in_key(key, offset, 4))};
  }

  status on_change(uint64_t group, store_change x) {
    auto counts = index_.replay(group, x);
    if (!counts)
      return counts.failure();
    auto& shard = shards_[x.shard];
    if (!*counts)
      return ok();
    if (x.what == store_change::kind::append)
      shard.entries.push_back(std::move(x.bytes));
    else if (x.what == store_change::kind::truncate)
      shard.entries.resize(std::min(
        shard.entries.size(), size_t{x.at.value - shard.checkpoint.value}));
    else if (x.what == store_change::kind::reset)
      shard = recovered_shard{x.shard, {}, x.at, {}, {}};
    return ok();
  }

  log_index& index_;
  std::map<shard_id, recovered_shard> shards_;
};

} // namespace

result<std::vector<recovered_shard>> store_files::recover(log_index& index) {
  survey found{index};
  auto i = iterate();
  auto each = [&](std::string_view prefix, auto&& then) -> status {
    leveldb::Slice start{prefix.data(), prefix.size()};
    for (i->Seek(start); i->Valid() && i->key().starts_with(start); i->Next())
      if (auto done = then(view_of(i->key()), view_of(i->value())); !done)
        return done;
    if (!i->status().ok())
      return error{errc::corrupt, i->status().ToString()};
    return ok();
  };
  auto done = each(header_prefix, [&](auto key, auto value) {
    return found.on_header(key, value);
  });
  if (done)
    done = each(row_prefix,
                [&](auto key, auto value) { return found.on_row(key, value); });
  if (done)
    done = each(group_prefix, [&](auto key, auto value) {
      return found.on_group(key, value);
    });
  if (!done)
    return error{done.failure().code,
                 "store " + directory_ + ": " + done.failure().message};
  return found.finish();
}

} // namespace muster
