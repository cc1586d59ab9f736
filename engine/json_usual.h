#pragma once
// What need not be written of a struct's JSON: the members that are as in a new object, which is most of
// them. Less to write, and less to read for every command. Reading leaves what is missing as it is at first,
// so whoever changes that changes what was written before, and has to bring it over.
#include <iterator>
#include <nlohmann/json.hpp>

namespace engine {

// `members` without those that are as in `usual`, the object with all members of a new one.
inline nlohmann::json without_usual(nlohmann::json members, const nlohmann::json& usual) {
  for (auto member = members.begin(); member != members.end();)
    member = *member == usual.at(member.key()) ? members.erase(member) : std::next(member);
  return members;
}

}  // namespace engine
