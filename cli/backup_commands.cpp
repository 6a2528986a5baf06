// SPDX-License-Identifier: Apache-2.0
#include "cli/answers.hpp"
#include "cli/app.hpp"
#include "cli/backup_file.hpp"
#include "cli/on_server.hpp"
#include "cli/output.hpp"
#include "cli/put_pipeline.hpp"
#include "registry/utf8.hpp"
#include "runtime/store/durable_file.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <thread>
#include <unistd.h>

namespace muster::cli {

namespace {

constexpr std::chrono::minutes backup_timeout{10};
constexpr std::chrono::milliseconds retry_pause{200};

/// After which a machine that was asked for a shard counts as away.
constexpr std::chrono::milliseconds shard_timeout{5'000};
constexpr size_t parallel_puts = 64;

struct restore_options {
  std::string file;
  bool merge = false;
};

std::string utc_now() {
  auto now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char out[32];
  std::strftime(out, sizeof(out), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return out;
}

/// Reads shards one after the other, each from its primary: that one has it in
/// its own memory, where no frame limits the listing.
class shard_reader {
public:
  static result<shard_reader> open(http_caller& server, const deadline& end) {
    auto status = call_json(server,
                            {.target = "/v1/status", .timeout = end.left()},
                            {"machines", "shards"});
    if (!status)
      return status.failure();
    shard_reader out{server, end};
    for (auto& each : (*status)["machines"])
      out.callers_.try_emplace(
        text_of(each, "id"),
        server_address{text_of(each, "id"), text_of(each, "http"), {}});
    for (auto& each : (*status)["shards"])
      out.primaries_.push_back(text_of(each, "primary"));
    if (out.primaries_.empty() || out.callers_.empty())
      return error{errc::unavailable, "the cluster has no shards yet"};
    return out;
  }

  uint32_t shard_count() const {
    return static_cast<uint32_t>(primaries_.size());
  }

  /// The records of a shard, one cut of it. Once its primary did not answer,
  /// the chosen machine is asked, until the end: it knows who took over.
  result<json> read(uint32_t shard) {
    auto primary = callers_.find(primaries_[shard]);
    if (primary != callers_.end()) {
      auto got = read_from(primary->second, shard);
      if (got || !is_passing(got.failure()))
        return got;
      callers_.erase(primary);
    }
    for (;;) {
      auto got = read_from(server_, shard);
      if (got || !is_passing(got.failure()) || end_.left() <= retry_pause)
        return got;
      std::this_thread::sleep_for(retry_pause);
    }
  }

private:
  shard_reader(http_caller& server, const deadline& end)
    : server_(server), end_(end) {
    // nop
  }

  static bool is_passing(const error& x) {
    return x.code == errc::unavailable || x.code == errc::timed_out;
  }

  result<json> read_from(http_caller& from, uint32_t shard) const {
    deadline end{std::min(shard_timeout, end_.left())};
    auto got = call_json(from,
                         {.target = "/v1/list?shard=" + std::to_string(shard)
                                    + "&" + timeout_parameter(end),
                          .timeout = end.left()});
    if (got && !got->is_array())
      return error{errc::corrupt, "the answer is not a listing"};
    return got;
  }

  http_caller& server_;
  deadline end_;
  std::map<std::string, http_caller> callers_;
  std::vector<std::string> primaries_;
};

error file_error(const std::string& what, const std::string& file) {
  return {errc::io,
          what + " " + file + ": "
            + std::error_code{errno, std::generic_category()}.message()};
}

/// What is in the file is on the disk, and the file has its final name.
status publish(const std::string& partial, const std::string& file) {
  auto fd = ::open(partial.c_str(), O_RDONLY | O_CLOEXEC);
  auto synced = fd >= 0 && ::fsync(fd) == 0;
  if (fd >= 0)
    ::close(fd);
  if (!synced)
    return file_error("cannot sync", partial);
  if (::link(partial.c_str(), file.c_str()) != 0)
    return file_error("cannot make", file);
  ::unlink(partial.c_str());
  auto folder = std::filesystem::path{file}.parent_path().string();
  return sync_directory(folder.empty() ? "." : folder);
}

status write_shards(shard_reader& from, backup_writer& to) {
  for (uint32_t i = 0; i < from.shard_count(); ++i) {
    auto records = from.read(i);
    if (!records)
      return records.failure();
    for (auto& each : *records)
      to.add({text_of(each, "key"), value_of(each)});
  }
  to.finish();
  return ok();
}

status print_count(const globals& x, const char* verb, uint64_t records,
                   const std::string& file) {
  if (x.json)
    return print(http::to_text(json{{"records", records}, {"file", file}})
                 + "\n");
  return print(std::to_string(records) + " records " + verb + " "
               + printable(file) + "\n");
}

status create_backup(const globals& x, const std::string& file,
                     http_caller& server, const deadline& end) {
  auto from = shard_reader::open(server, end);
  if (!from)
    return from.failure();
  auto partial = file + ".partial";
  // A registry may hold what not everybody may read.
  auto fd = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                   0600);
  if (fd < 0)
    return file_error("cannot write", partial);
  ::close(fd);
  std::ofstream out{partial, std::ios::binary};
  backup_writer writer{out, {from->shard_count(), utc_now()}};
  auto done = write_shards(*from, writer);
  out.close();
  if (done && !out)
    done = error{errc::io, "cannot write " + partial + ": is the disk full?"};
  if (done)
    done = publish(partial, file);
  if (!done) {
    ::unlink(partial.c_str());
    return done;
  }
  return print_count(x, "in", writer.records(), file);
}

exit_code create(const globals& x, const std::string& file) {
  attempt trying{"backup create", file};
  std::error_code ec;
  if (std::filesystem::exists(file, ec))
    return report(x,
                  {errc::invalid_argument,
                   "there is a file " + file + ": choose another name"},
                  trying);
  return on_server(x, backup_timeout, trying,
                   [&](http_caller& server, const deadline& end) {
                     return create_backup(x, file, server, end);
                   });
}

/// Error: `refused`, where there is a record.
status check_empty(http_caller& server, const deadline& end) {
  auto from = shard_reader::open(server, end);
  if (!from)
    return from.failure();
  for (uint32_t i = 0; i < from->shard_count(); ++i) {
    auto records = from->read(i);
    if (!records)
      return records.failure();
    if (!records->empty())
      return error{errc::refused,
                   "the registry has records, such as "
                     + text_of(records->front(), "key")
                     + "; with --merge those of the backup are put over them"};
  }
  return ok();
}

status restore_backup(const globals& x, const restore_options& how,
                      std::istream& in, http_caller& server,
                      const deadline& end, attempt& trying) {
  if (!how.merge)
    if (auto empty = check_empty(server, end); !empty)
      return empty;
  put_pipeline pipeline{server.to(), parallel_puts, end};
  auto read = read_backup(in, [&](size_t line, loaded_record record) {
    return pipeline.put(line, std::move(record));
  });
  auto finished = pipeline.finish();
  if (finished && !read)
    finished = read.failure();
  if (!finished) {
    trying.applied = pipeline.applied_text();
    trying.next = "muster backup restore " + printable(how.file) + " --merge"
                  + target_options(x);
    return finished.failure();
  }
  return print_count(x, "from", pipeline.applied(), how.file);
}

exit_code restore(const globals& x, const restore_options& how) {
  attempt trying{"backup restore", how.file};
  std::ifstream in{how.file, std::ios::binary};
  if (!in)
    return report(
      x, {errc::invalid_argument, "the file " + how.file + " cannot be read"},
      trying);
  // Nothing is written before the whole file is known to be good.
  auto whole = read_backup(in,
                           [](size_t, const loaded_record&) { return true; });
  if (!whole)
    return report(x, whole.failure(), trying);
  in.clear();
  in.seekg(0);
  return on_server(x, backup_timeout, trying,
                   [&](http_caller& server, const deadline& end) {
                     return restore_backup(x, how, in, server, end, trying);
                   });
}

} // namespace

void add_backup_commands(CLI::App& app, invocation& to) {
  auto group = app.add_subcommand("backup", "Keep a copy of all records");
  group->require_subcommand(1);
  auto file = std::make_shared<std::string>();
  auto make = group->add_subcommand("create",
                                    "Write all records to a new file");
  make->add_option("file", *file, "the file to make")->required();
  make->callback(
    [file, &to] { to.run = [file, &to] { return create(to.common, *file); }; });
  auto how = std::make_shared<restore_options>();
  auto back = group->add_subcommand("restore", "Write a backup's records");
  back->add_option("file", how->file, "made by `backup create`")->required();
  back->add_flag(
    "--merge", how->merge,
    "also where there are records: the backup's are put over them");
  back->callback(
    [how, &to] { to.run = [how, &to] { return restore(to.common, *how); }; });
}

} // namespace muster::cli
