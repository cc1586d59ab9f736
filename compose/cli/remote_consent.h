#pragma once
// Before a project that came from a registry is run for the first time in a command.
#include "compose/cli/context.h"

namespace compose::cli {

// Nothing, unless the first of the user's files is remote. Says where its files are; without `assume_yes`
// asks whether other remote files that it includes are trusted, and whether the variables' values are right.
// Throws CommandError when they are not, and when nobody can be asked.
void agree_to_remote(Context& context, const parser::Project& project, bool assume_yes);

}  // namespace compose::cli
