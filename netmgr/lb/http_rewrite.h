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
  bool tls = false;
  bool upgrade = false;           // keep what asks for another protocol
  bool forwarded = true;          // false: X-Forwarded-Proto and -Port are left as they came
  bool close = false;             // the server is to end the connection after its answer
  std::string_view strip_cookie;  // a cookie that is not the server's business
  std::string_view strip_prefix;  // a cookie whose value begins with what is not
};
// `bytes` is the head that `head` was read from; appends to `out`.
void rewrite_request(std::string_view bytes, const Head& head, const RequestEdit& edit, std::string& out);

struct AnswerEdit {
  bool keep_alive = true;
  unsigned client_minor = 1;
  bool upgrade = false;
  std::string_view extra = {};        // whole lines to add
  std::string_view drop_cookie = {};  // Set-Cookie of this name is left out
  bool drop_transport = false;        // so is Strict-Transport-Security
  bool gzip = false;                  // the body goes through gzip into chunks
};
void rewrite_answer(std::string_view bytes, const Head& head, const AnswerEdit& edit, std::string& out);

}  // namespace netmgr::lb
