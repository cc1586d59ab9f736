// The load balancer's request path: a head of any bytes is refused, or goes on as one that is read the same
// way, so that balancer and server agree on where it ends; chunks end at the same place however they are cut.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "netmgr/lb/chunk_scanner.h"
#include "netmgr/lb/http_head.h"
#include "netmgr/lb/http_rewrite.h"
#include "netmgr/lb/proxy_protocol.h"
#include "netmgr/lb/router.h"
#include "netmgr/lb/sticky.h"

namespace {

using namespace netmgr::lb;

constexpr size_t kAddedFields = 5;

bool same_framing(const Head& one, const Head& other) {
  return one.framing == other.framing && one.length == other.length;
}

void check_request(std::string_view bytes) {
  size_t from = 0;
  const size_t size = head_size(bytes, from);
  if (size == 0) return;
  Head head;
  if (!parse_request(bytes.substr(0, size), head) || head.field_count + kAddedFields > kMaxFields) return;
  std::string out;
  RequestEdit edit;
  edit.client = "10.0.0.1";
  edit.port = "80";
  edit.strip_cookie = "SRV";
  rewrite_request(bytes.substr(0, size), head, edit, out);
  Head again;
  size_t start = 0;
  if (head_size(out, start) != out.size() || !parse_request(out, again)) std::abort();
  if (!same_framing(head, again) || again.host != head.host || again.target != head.target) std::abort();
}

void check_answer(std::string_view bytes) {
  size_t from = 0;
  const size_t size = head_size(bytes, from);
  if (size == 0) return;
  Head head;
  if (!parse_answer(bytes.substr(0, size), head) || head.field_count + kAddedFields > kMaxFields) return;
  std::string out;
  AnswerEdit edit;
  edit.keep_alive = false;
  edit.drop_cookie = "SRV";
  rewrite_answer(bytes.substr(0, size), head, edit, out);
  Head again;
  size_t start = 0;
  if (head_size(out, start) != out.size()) std::abort();
  // Sent as HTTP/1.1 whatever it was.
  if (!parse_answer(out, again) || !same_framing(head, again)) std::abort();
}

void check_chunks(std::string_view bytes, size_t cut) {
  ChunkScanner whole;
  ChunkScanner parts;
  size_t used = 0;
  const ChunkScanner::Result wanted = whole.scan(bytes, used);
  size_t first = 0;
  size_t second = 0;
  ChunkScanner::Result result = parts.scan(bytes.substr(0, cut), first);
  if (result == ChunkScanner::Result::kMore) result = parts.scan(bytes.substr(cut), second);
  if (result != wanted || (wanted == ChunkScanner::Result::kDone && first + second != used)) std::abort();
}

// A header of the PROXY protocol is read alike when more stands behind it, and is no longer than what is
// there.
void check_proxy(std::string_view bytes) {
  const ProxyHeader header = read_proxy_header(bytes);
  if (header.result != ProxyHeader::Result::kGood) return;
  if (header.size > bytes.size()) std::abort();
  const ProxyHeader again = read_proxy_header(bytes.substr(0, header.size));
  if (again.result != header.result || again.size != header.size) std::abort();
}

// A cookie that was taken out is not there any more, and the others are as they were.
void check_cookies(std::string_view bytes) {
  const std::string rest = without_cookie(bytes, "SRV");
  if (find_cookie(rest, "SRV") || find_cookie(rest, "A") != find_cookie(bytes, "A")) std::abort();
  set_cookie(bytes);
}

void check_routes(std::string_view bytes) {
  const std::string_view path = path_of(bytes);
  const std::string_view host = host_of(bytes);
  if (!matches("*", path) || !matches("*", host)) std::abort();
  const size_t middle = bytes.size() / 2;
  matches(bytes.substr(0, middle), bytes.substr(middle));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_request(bytes);
  check_answer(bytes);
  check_proxy(bytes);
  check_cookies(bytes);
  check_routes(bytes);
  check_chunks(bytes, data[0] < bytes.size() ? data[0] : bytes.size());
  return 0;
}
