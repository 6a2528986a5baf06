// SPDX-License-Identifier: Apache-2.0
#include "cli/answers.hpp"
#include "cli/app.hpp"
#include "cli/on_server.hpp"
#include "cli/output.hpp"
#include "cli/put_pipeline.hpp"
#include "registry/command.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

namespace muster::cli {

namespace {

constexpr std::chrono::minutes load_timeout{10};
constexpr size_t parallel_default = 64;
constexpr size_t parallel_max = 128;

/// Room for the largest value with every byte escaped.
constexpr size_t line_bytes_max = 8 * 1024 * 1024;

constexpr std::chrono::milliseconds progress_period{100};
constexpr size_t progress_width = 30;

struct load_options {
  std::string file;
  size_t parallel = parallel_default;
};

/// A bar on a terminal, nothing elsewhere.
class progress {
public:
  explicit progress(uintmax_t bytes)
    : bytes_(bytes), shown_(stderr_is_terminal()) {
    // nop
  }

  ~progress() {
    if (shown_)
      std::fputs("\r\033[K", stderr);
  }

  void show(uintmax_t done_bytes, size_t records) {
    if (!shown_ || !next_.over())
      return;
    next_ = deadline{progress_period};
    auto part = bytes_ == 0 ? 0 : std::min(done_bytes, bytes_) * 100 / bytes_;
    auto filled = static_cast<size_t>(part) * progress_width / 100;
    std::fprintf(stderr, "\r[%s%s] %3u %%  %zu records",
                 std::string(filled, '#').c_str(),
                 std::string(progress_width - filled, '.').c_str(),
                 static_cast<unsigned>(part), records);
    std::fflush(stderr);
  }

private:
  uintmax_t bytes_;
  bool shown_;
  deadline next_{std::chrono::milliseconds{0}};
};

/// Where a load stands.
struct load_state {
  size_t lines = 0;
  uintmax_t bytes = 0;
};

error at_line(size_t line, const error& x) {
  return error{x.code, "line " + std::to_string(line) + ": " + x.message};
}

/// Reads lines and gives them to the pipeline until one is wrong.
status feed(std::istream& in, put_pipeline& to, load_state& state,
            progress& bar) {
  auto buffer = std::make_unique<char[]>(line_bytes_max);
  while (in.getline(buffer.get(), line_bytes_max)) {
    ++state.lines;
    std::string_view line{buffer.get()};
    auto taken = static_cast<size_t>(in.gcount());
    state.bytes += taken;
    // A NUL would cut the line short and hide what follows it.
    if (line.size() + (in.eof() ? 0 : 1) != taken)
      return at_line(state.lines,
                     {errc::invalid_argument, "it has a NUL character"});
    if (line.find_first_not_of(" \t\r") == std::string_view::npos)
      continue;
    auto parsed = parse_line(line);
    if (!parsed)
      return at_line(state.lines, parsed.failure());
    if (!to.put(state.lines, std::move(*parsed)))
      return ok();
    bar.show(state.bytes, to.applied());
  }
  if (!in.eof())
    return at_line(state.lines + 1,
                   {errc::invalid_argument, "it is longer than "
                                              + std::to_string(line_bytes_max)
                                              + " bytes, or cannot be read"});
  return ok();
}

status print_summary(const globals& x, const load_state& state, size_t applied,
                     double seconds) {
  if (x.json)
    return print(http::to_text(json{{"lines", state.lines},
                                    {"applied", applied},
                                    {"seconds", seconds}})
                 + "\n");
  char text[128];
  std::snprintf(text, sizeof(text),
                "%zu records applied, %zu lines read, %.2f s, %.0f a second\n",
                applied, state.lines, seconds,
                static_cast<double>(applied) / std::max(seconds, 1e-6));
  return print(text);
}

/// Whether another load of the same file goes on where this one ended.
bool is_worth_repeating(errc x) {
  return x == errc::unavailable || x == errc::overloaded || x == errc::timed_out
         || x == errc::unknown;
}

status load(const globals& x, const load_options& how, std::istream& in,
            uintmax_t bytes, http_caller& server, const deadline& end,
            attempt& trying) {
  auto began = std::chrono::steady_clock::now();
  put_pipeline pipeline{server.to(), how.parallel, end};
  load_state state;
  auto fed = ok();
  auto finished = ok();
  {
    progress bar{bytes};
    fed = feed(in, pipeline, state, bar);
    finished = pipeline.finish();
  }
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  auto printed = print_summary(x, state, pipeline.applied(), took.count());
  if (!printed)
    return printed;
  auto& wrong = finished ? fed : finished;
  if (wrong)
    return ok();
  trying.applied = pipeline.applied_text();
  if (wrong.failure().code == errc::invalid_argument)
    trying.next = "mend the line, and load the file again";
  else if (is_worth_repeating(wrong.failure().code))
    trying.next = "muster status" + target_options(x)
                  + ", then load the file again";
  return error{wrong.failure().code,
               wrong.failure().message + "; "
                 + std::to_string(pipeline.applied())
                 + " records were applied before and stay"};
}

exit_code load_file(const globals& x, const load_options& how) {
  attempt trying{"load", how.file};
  std::ifstream file;
  std::error_code ec;
  uintmax_t bytes = 0;
  if (how.file != "-") {
    file.open(how.file, std::ios::binary);
    if (!file || std::filesystem::is_directory(how.file, ec))
      return report(
        x, {errc::invalid_argument, "the file " + how.file + " cannot be read"},
        trying);
    bytes = std::filesystem::file_size(how.file, ec);
    if (ec)
      bytes = 0;
  }
  auto& in = how.file == "-" ? std::cin : static_cast<std::istream&>(file);
  return on_server(x, load_timeout, trying,
                   [&](http_caller& server, const deadline& end) {
                     return load(x, how, in, bytes, server, end, trying);
                   });
}

} // namespace

void add_load_command(CLI::App& app, invocation& to) {
  auto command
    = app.add_subcommand("load", "Write the records of a file of JSON lines");
  auto how = std::make_shared<load_options>();
  command
    ->add_option("file", how->file,
                 R"(lines of {"key": "/a", "value": ...}; - reads stdin)")
    ->required();
  command->add_option("--parallel", how->parallel, "puts at a time")
    ->check(CLI::Range(size_t{1}, parallel_max))
    ->capture_default_str();
  command->callback(
    [how, &to] { to.run = [how, &to] { return load_file(to.common, *how); }; });
}

} // namespace muster::cli
