#pragma once
// The images that containers are about to be made from: fetched or built where that is needed. For `up` and
// its like, and `run`.
#include <string>
#include <vector>

#include "compose/cli/session.h"

namespace compose::cli {

struct ImageWish {
  std::vector<std::string> services;  // empty: all
  bool dependencies = true;           // and what those need
  std::string pull;                   // --pull: policy for all services; empty: their own
  bool build = false, no_build = false;
};

// Throws CommandError unless `policy` is one that --pull takes.
void check_pull_policy(const std::string& policy);

// What it brought is in `observed` afterwards; a dry run takes it as there. Returns the exit code. Throws
// PlanError, CommandError, sys::Error.
int bring_images(Context& context, Session& session, const parser::Project& project, const ImageWish& wish,
                 Observed& observed);

}  // namespace compose::cli
