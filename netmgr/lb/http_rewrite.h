#pragma once
// Heads as they go on: the lines as they came, without those meant for the neighbour (RFC 9110, 7.6.1), and
// with ours.
#include <string>
#include <string_view>

#include "netmgr/lb/http_head.h"

namespace netmgr::lb {

struct RequestEdit {
  std::string_view client;  // its address, for X-Forwarded-For, added to what is there
  std::string_view port;  // for X-Forwarded-Port and -Proto, which are ours to say: what a client wrote goes
  bool upgrade = false;   // keep what asks for another protocol
};
// `bytes` is the head that `head` was read from; appends to `out`.
void rewrite_request(std::string_view bytes, const Head& head, const RequestEdit& edit, std::string& out);

struct AnswerEdit {
  bool keep_alive = true;
  unsigned client_minor = 1;
  bool upgrade = false;
};
void rewrite_answer(std::string_view bytes, const Head& head, const AnswerEdit& edit, std::string& out);

}  // namespace netmgr::lb
