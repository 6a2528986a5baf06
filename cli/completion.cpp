// SPDX-License-Identifier: Apache-2.0
#include "cli/app.hpp"
#include "cli/output.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace muster::cli {

namespace {

/// The long options of an app, separated by blanks.
std::string flags_of(const CLI::App& x) {
  std::string out;
  for (auto option : x.get_options())
    for (auto& name : option->get_lnames())
      out += (out.empty() ? "--" : " --") + name;
  return out;
}

std::string commands_of(const CLI::App& x) {
  std::string out;
  for (auto command : x.get_subcommands({}))
    out += (out.empty() ? "" : " ") + command->get_name();
  return out;
}

/// A case of the script: what may follow `command`.
std::string words_after(const CLI::App& command, const CLI::App& app) {
  auto words = commands_of(command) + " " + flags_of(command) + " "
               + flags_of(app);
  return "    " + command.get_name() + ") words=\"" + words + "\" ;;\n";
}

/// The script for bash. zsh runs it by `bashcompinit`.
std::string bash_script(const CLI::App& app) {
  std::string cases;
  for (auto command : app.get_subcommands({}))
    cases += words_after(*command, app);
  return "_muster() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} words= i\n"
         "  local previous=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  case $previous in\n"
         "    -o|--output) words=\"table json\" ;;\n"
         "    -d|--dir) COMPREPLY=($(compgen -d -- \"$word\")); return ;;\n"
         "    load|txn) COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n"
         "    completion) words=\"bash zsh\" ;;\n"
         "  esac\n"
         "  for ((i = 1; i < COMP_CWORD && ${#words} == 0; i++)); do\n"
         "    case ${COMP_WORDS[i]} in\n"
         + cases
         + "    esac\n"
           "  done\n"
           "  [ -n \"$words\" ] || words=\""
         + commands_of(app) + " " + flags_of(app)
         + "\"\n"
           "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
           "}\n"
           "complete -F _muster muster\n";
}

exit_code print_script(const CLI::App& app, const std::string& shell) {
  std::string text = shell == "bash"
                       ? "# source <(muster completion bash)\n"
                       : "# source <(muster completion zsh)\n"
                         "autoload -U +X bashcompinit && bashcompinit\n";
  return print(text + bash_script(app)) ? exit_code::ok : exit_code::failed;
}

} // namespace

void add_completion_command(CLI::App& app, invocation& to) {
  auto command = app.add_subcommand("completion",
                                    "Print the completion script of a shell");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash or zsh")
    ->required()
    ->check(CLI::IsMember({"bash", "zsh"}));
  command->callback([shell, &app, &to] {
    to.run = [shell, &app] { return print_script(app, *shell); };
  });
}

} // namespace muster::cli
