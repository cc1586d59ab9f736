#pragma once
// One client's connection in HTTP: its requests, one after the other, each given to a server of the backend
// that the frontend has for it, and the answers given back. Bodies go on as they come, framing checked on the
// way (body.h).
//
// A request reaches a server at most once, except one that may be repeated: when connecting fails nothing was
// sent, and one of an idempotent method without a body is kept until the answer begins. Only such requests
// use a connection that was used before, as the server may be closing that just now.
#include <memory>
#include <string>

#include "netmgr/lb/body.h"
#include "netmgr/lb/gzip_stream.h"
#include "netmgr/lb/session.h"

namespace netmgr::lb {

class HttpSession : public Session {
 public:
  using Session::Session;
  ~HttpSession() override { set_under_way(false); }
  void leave_if_idle() override;
  bool ends_by_itself() const override { return phase_ != Phase::kTunnel; }

 private:
  enum class Phase : uint8_t { kHead, kFinding, kExchange, kTunnel, kClosing };
  enum class Then : uint8_t { kWait, kGoOn };
  // What the client's cookies said and what the answer sets, in HAProxy's letters.
  struct CookieState {
    char seen = '-';
    char set = '-';
  };
  struct Request {
    size_t size = 0;  // of its head
    Framing framing = Framing::kNone;
    uint64_t length = 0;
    unsigned minor = 1;
    bool keep_alive = true;
    bool head_only = false;   // the method is HEAD
    bool post = false;        // the method is POST
    bool repeatable = false;  // idempotent, without a body
    bool upgrade = false;
    bool takes_gzip = false;
    bool sent = false;  // to a server, at least once
  };

  void begin() override {}
  void proceed() override;
  void timed_out() override;
  void client_lost() override { leave_early("CD"); }
  void server_found() override;
  void refused(unsigned status, const char* state, const std::string& why) override;
  bool may_reuse() const override;
  void write_log() override;

  // http_session.cpp: the client's side
  void drive();
  Then read_request();
  void begin_request(size_t size);
  void reset_request();
  void set_under_way(bool under_way);
  void fail(unsigned status, const char* state, const std::string& why);
  void end_request(bool keep_alive);
  void linger();
  void leave_early(const char* state);
  // http_policy.cpp: what is decided of a request
  bool route(const Head& head);  // false: it was answered
  bool answer_ourselves(const Head& head);
  void reply(unsigned status, std::string_view type, std::string_view extra, std::string_view body);
  void demand_password(const std::string& realm);
  bool check_user(const Head& head, const std::vector<User>& users);
  void redirect_to_https(const Head& head);
  Server* sticky_server(const Head& head);
  void answer_lines(const Head& head, std::string& lines);
  void cookie_lines(const CookieConfig& config, const Head& head, std::string& lines);
  std::string_view own_cookie() const;  // what the server sets of that name is not passed on as it is
  void learn_session(const Head& head);
  bool wants_gzip(const Head& head, Framing framing) const;
  // http_exchange.cpp: the server's side
  bool is_too_large();  // and was refused
  bool pump_request();  // false: the session has gone on to something else
  Then pump_answer();
  Then pass_body();
  Then read_answer_head();
  Then begin_answer(size_t size);
  Then pass_interim(size_t size);
  Then answer_lost();
  Then finish_exchange();
  bool send_answer(std::string_view head, std::string_view bytes, bool done);
  void commit_request();
  void tunnel();
  bool copy(Connection& from, Connection& to, uint64_t& count);
  void arm_exchange();
  void count_in(uint64_t bytes);  // from the client, as they came
  void count_out(uint64_t bytes);

  Phase phase_ = Phase::kHead;
  bool started_ = false;    // a head is coming
  bool under_way_ = false;  // a request is, and is counted
  bool shut_ = false;       // nothing more is sent
  bool parsed_ = false;     // context_.head is this request's
  size_t scanned_ = 0;
  Request request_;
  Body request_body_;
  uint64_t request_bytes_ = 0;  // of the body
  bool request_done_ = false;
  bool kept_ = false;        // the request's head is still at the front of the input, to be repeated
  std::string app_session_;  // the application's session, as the client named it
  CookieState cookie_;

  size_t answer_scanned_ = 0;
  Body answer_body_;
  bool answer_started_ = false;
  bool keep_alive_ = true;  // the client's connection, after this answer
  bool reuse_ = true;       // the server's
  std::unique_ptr<GzipStream> gzip_;
  unsigned status_ = 0;
  std::string line_;  // for the log
  uint64_t came_ = 0;
  uint64_t answered_ = 0;
};

}  // namespace netmgr::lb
