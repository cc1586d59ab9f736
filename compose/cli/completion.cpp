// `compose completion SHELL`: a script that asks `compose __complete` for everything, so that it never falls
// behind the program. The same script serves `docker-compose`, and `docker` where it is this program.
#include <fmt/format.h>

#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/failure.h"
#include "compose/cli/session.h"

namespace compose::cli {
namespace {

// bash cuts words at = and : as well; what was cut off must not be in what is offered.
constexpr std::string_view kBash = R"sh(# bash completion for compose
_compose() {
  local line=${COMP_LINE:0:COMP_POINT} words cur out last prefix word
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  cur=${words[${#words[@]}-1]}
  mapfile -t out < <("${words[0]/#\~/$HOME}" __complete "${words[@]:1}" 2>/dev/null)
  COMPREPLY=()
  ((${#out[@]})) || return
  last=${out[${#out[@]}-1]}
  unset "out[${#out[@]}-1]"
  prefix=
  [[ $cur == *[=:]* ]] && prefix=${cur%"${cur##*[=:]}"}
  for word in "${out[@]}"; do
    word=${word%%$'\t'*}
    COMPREPLY+=("${word#"$prefix"}")
  done
  case $last in
    :nospace) compopt -o nospace ;;
    :files) compopt -o filenames; mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "${cur#"$prefix"}") ;;
    :folders) compopt -o filenames; mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "${cur#"$prefix"}") ;;
  esac
}
complete -F _compose compose docker-compose
case $(readlink -f "$(type -P docker 2>/dev/null)" 2>/dev/null) in
  */compose) complete -F _compose docker ;;
esac
)sh";

constexpr std::string_view kZsh = R"sh(#compdef compose docker-compose
# zsh completion for compose
_compose() {
  local -a lines described
  local last line word
  lines=("${(@f)$("${words[1]}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  last=${lines[-1]}
  lines[-1]=()
  for line in $lines; do
    word=${line%%$'\t'*}
    described+=("${word//:/\\:}:${line#*$'\t'}")
  done
  case $last in
    :nospace) _describe -V 'compose' described -S '' ;;
    :files) (( $#described )) && _describe -V 'compose' described; _files ;;
    :folders) _files -/ ;;
    *) (( $#described )) && _describe -V 'compose' described ;;
  esac
}
if [[ $funcstack[1] == _compose ]]; then _compose "$@"; else compdef _compose compose docker-compose; fi
)sh";

constexpr std::string_view kFish = R"sh(# fish completion for compose
function __compose_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    set -l last $lines[-1]
    set -e lines[-1]
    printf '%s\n' $lines
    switch $last
        case ':files'
            __fish_complete_path $current
        case ':folders'
            __fish_complete_directories $current ''
    end
end
complete -c compose -f -a '(__compose_complete)'
complete -c docker-compose -f -a '(__compose_complete)'
)sh";

struct Shell {
  std::string_view name, script;
};
constexpr Shell kShells[] = {{"bash", kBash}, {"zsh", kZsh}, {"fish", kFish}};

}  // namespace

int completion_command(Context&, const Words& args) {
  Arguments arguments("completion SHELL",
                      "Print a script that completes commands, flags, services, containers and profiles: for "
                      "bash `. <(compose completion bash)`, for zsh `. <(compose completion zsh)`, for fish "
                      "`compose completion fish | source`.");
  arguments.positionals(1, 1, "SHELL: bash, zsh or fish");
  const std::string wanted = arguments.parse(args).front();
  for (const Shell& shell : kShells) {
    if (shell.name != wanted) continue;
    print(std::string(shell.script));
    return kExitOk;
  }
  throw UsageError("no completion for '" + wanted + "': it must be bash, zsh or fish");
}

}  // namespace compose::cli
