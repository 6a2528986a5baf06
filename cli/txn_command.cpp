// SPDX-License-Identifier: Apache-2.0

// `muster txn`: a command over any keys, from a file.

#include "cli/answers.hpp"
#include "cli/app.hpp"
#include "cli/on_server.hpp"
#include "cli/output.hpp"
#include "runtime/http/command_json.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <fstream>
#include <iostream>
#include <memory>

namespace muster::cli {

namespace {

/// Of the file: what a machine takes for a body.
constexpr size_t file_bytes_max = size_t{8} << 20;

struct transaction {
  std::string file;
  std::string id;
};

result<std::string> read_file(const std::string& name) {
  std::ifstream file;
  if (name != "-")
    file.open(name, std::ios::binary);
  auto& in = name == "-" ? std::cin : static_cast<std::istream&>(file);
  std::string out(file_bytes_max + 1, '\0');
  in.read(out.data(), static_cast<std::streamsize>(out.size()));
  // A directory opens and cannot be read.
  if ((name != "-" && !file.is_open()) || in.bad())
    return error{errc::invalid_argument,
                 "the file " + name + " cannot be read"};
  out.resize(static_cast<size_t>(in.gcount()));
  if (out.size() > file_bytes_max)
    return error{errc::invalid_argument, name + " is larger than "
                                           + std::to_string(file_bytes_max)
                                           + " bytes"};
  return out;
}

/// Prints outcome and command, also of a refusal.
status print_answer(const globals& x, const reply& answered) {
  auto parsed = http::parse_json(answered.body);
  auto told = json_of(answered);
  if (parsed && parsed->is_object() && parsed->contains("outcome")) {
    json out{{"outcome", (*parsed)["outcome"]},
             {"command", (*parsed)["command"]}};
    for (auto name : {"version", "else", "counters", "born"})
      if (parsed->contains(name))
        out[name] = (*parsed)[name];
    auto text = show(out, "outcome");
    if (out.contains("else"))
      text += " (else)";
    if (out.contains("counters"))
      text += "  counters " + http::to_text(out["counters"]);
    text += "  command " + show(out, "command");
    if (auto printed = print((x.json ? http::to_text(out) : text) + "\n");
        !printed)
      return printed;
  }
  if (!told)
    return told.failure();
  return ok();
}

exit_code run_transaction(const globals& x, const transaction& y) {
  attempt trying{"txn", y.file};
  auto body = read_file(y.file);
  if (!body)
    return report(x, body.failure(), trying);
  // What is wrong in the file is told before anything is sent.
  if (auto parsed = http::parse_command(*body); !parsed)
    return report(x, parsed.failure(), trying);
  if (!y.id.empty())
    trying.next = "run the same again: it is applied once under --id " + y.id;
  std::vector<std::string> headers{"Content-Type: application/json"};
  if (!y.id.empty())
    headers.push_back("Idempotency-Key: " + y.id);
  return on_server(x, ordinary_timeout, trying,
                   [&](http_caller& to, const deadline& end) -> status {
                     call request{.method = "POST",
                                  .target = "/v1/commands?"
                                            + timeout_parameter(end),
                                  .body = *body,
                                  .headers = headers,
                                  .timeout = end.left(),
                                  .at_most_once = true};
                     auto answered = to.send(request);
                     if (!answered)
                       return answered.failure();
                     auto printed = print_answer(x, *answered);
                     // Only an unknown outcome is asked for again.
                     if (!printed && printed.failure().code != errc::unknown)
                       trying.next.clear();
                     if (!printed && printed.failure().code == errc::refused)
                       trying.next
                         = "muster get KEY --confirmed for the key "
                           "above, then decide";
                     return printed;
                   });
}

} // namespace

void add_txn_command(CLI::App& app, invocation& to) {
  auto txn = app.add_subcommand(
    "txn", "Change several records at once, on conditions, or none");
  auto what = std::make_shared<transaction>();
  txn
    ->add_option("file", what->file,
                 "JSON with \"guards\", \"operations\" and \"else\"; - reads "
                 "stdin")
    ->required();
  // An empty one, such as of an unset variable, would protect from nothing.
  txn
    ->add_option("--id", what->id,
                 "a name of your own: the same command sent again under it "
                 "is applied once")
    ->check([](const std::string& text) {
      return text.empty() ? "an id has at least one character" : "";
    });
  txn->callback([what, &to] {
    to.run = [what, &to] { return run_transaction(to.common, *what); };
  });
}

} // namespace muster::cli
