#pragma once
// Talking to one endpoint about one repository: finds out scheme and authentication, then sends requests,
// tries again what may go well the next time, and turns refusals into errors. Source: OCI distribution-spec
// 1.1, "Endpoints" and "Error Codes".
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine/http/http_client.h"
#include "engine/registry/backoff.h"
#include "engine/registry/credential.h"
#include "engine/registry/registries.h"
#include "engine/registry/token.h"

namespace engine::registry {

// An answer that is a refusal: HTTP 4xx or 5xx.
class Refusal : public Error {
 public:
  Refusal(Kind kind, int status, const std::string& message, std::optional<int64_t> retry_after)
      : Error(kind, message), status_(status), retry_after_(retry_after) {}
  int status() const { return status_; }
  std::optional<int64_t> retry_after_s() const { return retry_after_; }
  bool transient() const { return status_ == 429 || status_ == 408 || status_ >= 500; }

 private:
  int status_;
  std::optional<int64_t> retry_after_;
};

// What a failed attempt means for the next one; throws `failure` again when trying again makes no sense.
std::optional<int64_t> pause_wanted(const std::exception_ptr& failure);

// Thread-safe. The references must live as long.
class Session {
 public:
  // `repository` "" is for login alone. `actions`: "pull" or "pull,push".
  Session(HttpClient& http, const Tuning& tuning, Cancellation& cancellation, Endpoint endpoint,
          std::string repository, std::string actions, CredentialSource credentials);

  const Endpoint& endpoint() const { return endpoint_; }
  const std::string& repository() const { return repository_; }
  // "https://host/v2/<repository>/<path>", once the scheme is known.
  std::string url(const std::string& path);
  // Further scope for what is asked from now on: a repository that blobs are mounted from.
  void add_scope(const std::string& scope);

  // One attempt; `request.url` is one of url() or of the registry's own making. A 401 with a challenge is
  // answered once. Throws Refusal for a status of 400 and above unless it is `accepted_status`; as
  // HttpClient::send and TokenSource. `what`: for messages, "manifest latest of busybox".
  HttpResponse send_once(HttpRequest request, const std::string& what, int accepted_status = 0);
  // Attempts until the tuning's number is used up. Not for a request with `read`.
  HttpResponse send(const HttpRequest& request, const std::string& what, int accepted_status = 0);

 private:
  struct Contact {
    std::string base;  // "https://host"
    std::vector<Challenge> challenges;
  };
  Contact contact();
  void remember(const std::vector<Challenge>& challenges);
  Contact find_out();
  Contact ask(const std::string& base);
  std::string authorization(const std::vector<Challenge>& challenges);
  std::string scope();
  std::optional<Credential> credential();
  [[noreturn]] void refuse(const HttpResponse& response, const std::string& what);

  HttpClient& http_;
  const Tuning& tuning_;
  Cancellation& cancellation_;
  const Endpoint endpoint_;
  const std::string repository_, actions_;
  CredentialSource credentials_;
  TokenSource tokens_;
  std::mutex mutex_, contact_mutex_;
  std::string more_scope_;
  std::optional<Contact> contact_;
  bool asked_credentials_ = false;
  std::optional<Credential> credential_;
};

}  // namespace engine::registry
