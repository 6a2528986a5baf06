// SPDX-License-Identifier: Apache-2.0

// The store of a `local_machine`: opened, or set aside for a new one.

#include "runtime/local_machine.hpp"
#include "runtime/store/level_store.hpp"
#include "runtime/store/set_aside.hpp"

namespace muster {

namespace {

/// What the owner of the only copy can do. It is not replaced: an empty store
/// in its place would be a cluster without its records, and who has them.
std::string advice_for_only_copy(const std::string& directory, bool given_up) {
  auto text = std::string{
    "; it is the only copy and is left as it is: check "
    "the disk, then "};
  if (given_up)
    text += "remove " + directory + "/" + given_up_file
            + " and start again, which reads all that it has, or ";
  return text
         + "begin empty with `muster up --new-generation` and `muster backup "
           "restore FILE`";
}

std::string next_of(const std::string& directory, const std::string& moved,
                    bool given_up) {
  auto text = std::string{"rejoins by state transfer"};
  if (given_up)
    text += "; if shards have no other copy: stop this machine, rename " + moved
            + " back to " + directory + ", remove its file " + given_up_file
            + ", start";
  return text;
}

} // namespace

muster::status local_machine::open_store() {
  auto directory = options_.process.data_dir + "/store";
  auto done = try_store(directory);
  if (done || done.failure().code != errc::corrupt)
    return done;
  auto why = done.failure().message;
  auto given_up = why_given_up(directory).has_value();
  if (options_.process.coordinator == coordinator_kind::embedded)
    return error{errc::corrupt,
                 why + advice_for_only_copy(directory, given_up)};
  auto moved = set_aside(directory, why);
  if (!moved)
    return error{errc::corrupt, why + "; " + moved.failure().message};
  events_->note(severity::error, "store_set_aside",
                "to=" + *moved + " why=\"" + why + "\" next=\""
                  + next_of(directory, *moved, given_up) + "\"");
  return try_store(directory);
}

std::string local_machine::failure() const {
  if (durable_ != nullptr && durable_->failed())
    return "the store has failed, see the log; start again: it rejoins with a "
           "new store, or says what to do";
  if (env_ && env_->expelled)
    return "this machine is no member any more: it was removed, or another "
           "process has registered under its id; started again, it joins as a "
           "new one";
  return {};
}

muster::status local_machine::try_store(const std::string& directory) {
  level_store_options options;
  options.directory = directory;
  auto opened = level_store::open(std::move(options)); // locks it (M3)
  if (!opened)
    return opened.failure();
  auto found = (*opened)->recover();
  if (!found)
    return found.failure();
  recovered_ = std::move(*found);
  durable_ = opened->get();
  store_ = std::move(*opened);
  return ok();
}

} // namespace muster
