#pragma once
// Text that looks as if it held a secret, before it is given away. A net with holes: what it finds is asked
// about, what it does not find may be one all the same. Pure.
#include <string>
#include <string_view>
#include <vector>

namespace compose {

struct SuspectedSecret {
  std::string kind;   // "private key", "GitHub token"
  int line = 0;       // from 1
  std::string shown;  // its beginning: enough to find it, too little to use it
};
// By line, at most one of a kind in each.
std::vector<SuspectedSecret> secrets_in(std::string_view text);

// Whether a variable is called like one that holds a secret: DB_PASSWORD, apiToken.
bool is_secret_name(const std::string& name);
// Whether a value as written is one itself, and not made of variables: at least three characters that do not
// begin with "$" or end with "}". `$$` is a dollar.
bool is_literal(const std::string& written);

}  // namespace compose
