#include "engine/registry/session.h"

#include <ctime>
#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/image/bounded_json.h"
#include "engine/image/entry_path.h"

namespace engine::registry {

namespace {

// The server's own words: {"errors":[{"code":"NAME_UNKNOWN","message":"..."}]}.
std::string reason_of(const HttpResponse& response) {
  std::string reason;
  try {
    const nlohmann::json answer = parse_object(response.body, "error");
    const nlohmann::json* errors = list_member(answer, "errors");
    if (errors != nullptr && !errors->empty()) {
      reason = text_member(errors->front(), "code");
      const std::string message = text_member(errors->front(), "message");
      if (!message.empty()) reason += (reason.empty() ? "" : ": ") + message;
    }
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): it need not be JSON
  }
  return reason.empty() ? std::string() : " (" + engine::quoted(reason) + ')';
}

Error::Kind kind_of(int status) {
  if (status == 401 || status == 403) return Error::Kind::kDenied;
  if (status == 404) return Error::Kind::kNotFound;
  if (status == 429 || status == 408 || status >= 500) return Error::Kind::kUnavailable;
  return Error::Kind::kInvalid;
}

const Challenge* find(const std::vector<Challenge>& challenges, const std::string& scheme) {
  for (const Challenge& challenge : challenges) {
    if (challenge.scheme == scheme) return &challenge;
  }
  return nullptr;
}

std::vector<Challenge> challenges_of(const HttpResponse& response) {
  std::vector<Challenge> all;
  for (const std::string& header : response.challenges) {
    for (Challenge& challenge : parse_challenges(header)) all.push_back(std::move(challenge));
  }
  return all;
}

}  // namespace

std::optional<int64_t> pause_wanted(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const HttpFailure& broken) {
    if (!broken.transient()) throw;
    return std::nullopt;
  } catch (const Refusal& refusal) {
    if (!refusal.transient()) throw;
    return refusal.retry_after_s();
  }
}

Session::Session(HttpClient& http, const Tuning& tuning, Cancellation& cancellation, Endpoint endpoint,
                 std::string repository, std::string actions, CredentialSource credentials)
    : http_(http),
      tuning_(tuning),
      cancellation_(cancellation),
      endpoint_(std::move(endpoint)),
      repository_(std::move(repository)),
      actions_(std::move(actions)),
      credentials_(std::move(credentials)),
      tokens_(http, endpoint_.registry, endpoint_.insecure, !endpoint_.insecure) {}

Session::Contact Session::ask(const std::string& base) {
  HttpRequest request;
  request.url = base + "/v2/";
  request.plain_allowed = endpoint_.insecure;
  request.verify = !endpoint_.insecure;
  const HttpResponse response = http_.send(request);
  if (response.status == 429 || response.status >= 500) refuse(response, "contact");
  // Some registries answer 404 or 403 here and are registries all the same.
  return {base, challenges_of(response)};
}

Session::Contact Session::find_out() {
  Backoff backoff(tuning_, cancellation_);
  for (;;) {
    try {
      if (!endpoint_.guess_scheme) return ask(endpoint_.url);
      try {
        return ask(endpoint_.url);
      } catch (const HttpFailure&) {
        return ask("http" + endpoint_.url.substr(endpoint_.url.find(':')));
      }
    } catch (const HttpFailure&) {
      throw;  // nobody there: said at once
    } catch (const Refusal&) {
      if (!backoff.next(pause_wanted(std::current_exception()))) throw;
    }
  }
}

Session::Contact Session::contact() {
  const std::lock_guard<std::mutex> lock(contact_mutex_);
  if (!contact_) contact_ = find_out();
  return *contact_;
}

// Of a registry that asks for nothing at /v2/, but for what it has.
void Session::remember(const std::vector<Challenge>& challenges) {
  const std::lock_guard<std::mutex> lock(contact_mutex_);
  if (contact_ && contact_->challenges.empty()) contact_->challenges = challenges;
}

std::string Session::url(const std::string& path) {
  return contact().base + "/v2/" + (repository_.empty() ? "" : repository_ + '/') + path;
}

void Session::add_scope(const std::string& scope) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if ((more_scope_ + ' ').find(' ' + scope + ' ') == std::string::npos) more_scope_ += ' ' + scope;
}

std::string Session::scope() {
  if (repository_.empty()) return {};
  const std::lock_guard<std::mutex> lock(mutex_);
  return "repository:" + repository_ + ':' + actions_ + more_scope_;
}

std::optional<Credential> Session::credential() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!asked_credentials_ && credentials_) credential_ = credentials_();
  asked_credentials_ = true;
  return credential_;
}

std::string Session::authorization(const std::vector<Challenge>& challenges) {
  if (const Challenge* bearer = find(challenges, "bearer"))
    return tokens_.authorization(*bearer, scope(), credential());
  if (find(challenges, "basic") == nullptr) return {};
  const std::optional<Credential> known = credential();
  return known ? basic_authorization(*known) : std::string();
}

HttpResponse Session::send_once(HttpRequest request, const std::string& what, int accepted_status) {
  const Contact known = contact();
  const std::string home = parse_url(known.base, "registry").origin();
  // The registry may send uploads elsewhere, with what they need in the location: we are nobody there.
  const bool at_home = parse_url(request.url, "registry " + endpoint_.registry).origin() == home;
  request.plain_allowed = endpoint_.insecure;
  request.verify = !endpoint_.insecure;
  if (at_home) request.authorization = authorization(known.challenges);
  HttpResponse response = http_.send(request);
  if (response.status == 401 && at_home && response.url.origin() == home) {
    const std::vector<Challenge> challenges = challenges_of(response);
    remember(challenges);
    if (find(challenges, "bearer") != nullptr) tokens_.forget(scope());  // it may have ended, or been revoked
    // What was read to be sent is gone: who sends it tries again.
    const std::string again = request.read ? std::string() : authorization(challenges);
    if (!again.empty() && again != request.authorization) {
      request.authorization = again;
      response = http_.send(request);
    }
  }
  if (response.status >= 400 && response.status != accepted_status) refuse(response, what);
  return response;
}

HttpResponse Session::send(const HttpRequest& request, const std::string& what, int accepted_status) {
  Backoff backoff(tuning_, cancellation_);
  for (;;) {
    try {
      return send_once(request, what, accepted_status);
    } catch (const Error&) {
      if (!backoff.next(pause_wanted(std::current_exception()))) throw;
    }
  }
}

void Session::refuse(const HttpResponse& response, const std::string& what) {
  const Error::Kind kind = kind_of(response.status);
  std::string message = "registry " + endpoint_.registry + ": " + what;
  if (endpoint_.mirror) message = "mirror " + endpoint_.url + ": " + what;
  switch (kind) {
    case Error::Kind::kDenied:
      message += ": access denied";
      break;
    case Error::Kind::kNotFound:
      message += ": not found";
      break;
    case Error::Kind::kUnavailable:
      message += response.status == 429 ? ": too many requests" : ": the server cannot answer now";
      break;
    default:
      message += ": refused";
  }
  message += ", HTTP " + std::to_string(response.status) + reason_of(response);
  if (kind == Error::Kind::kDenied)
    message += "; the repository may not exist, or may want `compose login" +
               (endpoint_.registry == "docker.io" ? std::string() : ' ' + endpoint_.registry) + "`";
  throw Refusal(kind, response.status, message,
                registry::retry_after_s(response.header("retry-after"), std::time(nullptr)));
}

}  // namespace engine::registry
