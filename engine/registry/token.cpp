#include "engine/registry/token.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/image/bounded_json.h"

namespace engine::registry {

namespace {

constexpr int64_t kShortestLife_s = 60, kMargin_s = 10, kLongestLife_s = 24 * 3600;
constexpr char kClient[] = "compose";

int64_t monotonic_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string parameter(const Challenge& challenge, const char* name) {
  const auto found = challenge.parameters.find(name);
  return found == challenge.parameters.end() ? std::string() : found->second;
}

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> list;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) list.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return list;
}

HttpRequest by_password(const std::string& realm, const std::string& service, const std::string& scope,
                        const std::optional<Credential>& credential) {
  HttpRequest request;
  request.url = realm;
  if (!service.empty()) request.url = with_query(request.url, "service", service);
  for (const std::string& word : words(scope)) request.url = with_query(request.url, "scope", word);
  if (credential) {
    request.url = with_query(request.url, "account", credential->user);
    request.authorization = basic_authorization(*credential);
  }
  return request;
}

HttpRequest by_identity(const std::string& realm, const std::string& service, const std::string& scope,
                        const Credential& credential) {
  HttpRequest request;
  request.method = "POST";
  request.url = realm;
  request.headers.emplace_back("Content-Type: application/x-www-form-urlencoded");
  request.secret_body = true;
  request.body = std::string("grant_type=refresh_token&client_id=") + kClient +
                 "&service=" + query_escape(service) + "&scope=" + query_escape(scope) +
                 "&refresh_token=" + query_escape(credential.identity_token);
  return request;
}

}  // namespace

std::string TokenSource::authorization(const Challenge& challenge, const std::string& scope,
                                       const std::optional<Credential>& credential) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Token& token = tokens_[scope];
  if (token.text.empty() || monotonic_s() >= token.ends_s) token = fetch(challenge, scope, credential);
  return "Bearer " + token.text;
}

void TokenSource::forget(const std::string& scope) {
  const std::lock_guard<std::mutex> lock(mutex_);
  tokens_.erase(scope);
}

TokenSource::Token TokenSource::fetch(const Challenge& challenge, const std::string& scope,
                                      const std::optional<Credential>& credential) {
  const std::string realm = parameter(challenge, "realm"), service = parameter(challenge, "service");
  const Url server = parse_url(realm, "registry " + registry_ + ": the realm of its authorisation server");
  if (server.scheme == "http" && !plain_allowed_)
    throw Error(Error::Kind::kDenied,
                "registry " + registry_ + ": its authorisation server " + server.origin() +
                    " is not encrypted; refused, as passwords and tokens would be readable");
  const bool by_refresh = credential && !credential->identity_token.empty();
  HttpRequest request = by_refresh ? by_identity(realm, service, scope, *credential)
                                   : by_password(realm, service, scope, credential);
  request.plain_allowed = plain_allowed_;
  request.verify = verify_;
  request.body_limit = 1 << 20;
  const HttpResponse response = http_.send(request);
  if (response.status == 401 || response.status == 403 || (by_refresh && response.status == 400)) {
    throw Error(Error::Kind::kDenied,
                "registry " + registry_ + ": " + server.origin() +
                    (credential ? " refused the user name or password" : " gives no access without a login") +
                    " (HTTP " + std::to_string(response.status) + "); compose login " + registry_);
  }
  if (!response.ok())
    throw HttpFailure("registry " + registry_ + ": its authorisation server " + server.origin() +
                          " answered HTTP " + std::to_string(response.status),
                      response.status == 429 || response.status >= 500);
  const nlohmann::json answer =
      parse_object(response.body, "registry " + registry_ + ": the answer of " + server.origin());
  Token token;
  token.text = text_member(answer, "token");
  if (token.text.empty()) token.text = text_member(answer, "access_token");
  if (token.text.empty() || token.text.find_first_of("\r\n") != std::string::npos)
    throw Error(Error::Kind::kInvalid,
                "registry " + registry_ + ": the answer of " + server.origin() + " holds no token");
  const int64_t life = size_member(answer, "expires_in").value_or(kShortestLife_s);
  token.ends_s = monotonic_s() + std::min(std::max(life, kShortestLife_s), kLongestLife_s) - kMargin_s;
  return token;
}

}  // namespace engine::registry
