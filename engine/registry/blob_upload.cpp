#include "engine/registry/blob_upload.h"

#include <algorithm>
#include <cstdlib>

#include "engine/error.h"

namespace engine::registry {

namespace {

constexpr int64_t kProgress = 64 << 10;  // what an attempt must bring to count as a good one
constexpr char kBytes[] = "Content-Type: application/octet-stream";

std::string title(const Session& session, const std::string& what) {
  return "push of " + what + " to " + session.repository();
}

std::string location_of(const HttpResponse& response) {
  const std::string location = response.header("location");
  if (location.empty())
    throw Error(Error::Kind::kInvalid, response.url.origin() + ": the answer to an upload has no Location");
  return resolve_url(response.url, location, "upload location").text;
}

HttpRequest post(const std::string& url) {
  HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.body = "";
  return request;
}

}  // namespace

bool has_blob(Session& session, const std::string& digest) {
  HttpRequest request;
  request.method = "HEAD";
  request.url = session.url("blobs/" + digest);
  return session.send(request, title(session, "blob " + digest), 404).ok();
}

bool mount_blob(Session& session, const std::string& digest, const std::string& from_repository) {
  session.add_scope("repository:" + from_repository + ":pull");
  const std::string url =
      with_query(with_query(session.url("blobs/uploads/"), "mount", digest), "from", from_repository);
  HttpResponse response;
  try {
    response = session.send(post(url), title(session, "blob " + digest));
  } catch (const Refusal& refusal) {
    if (refusal.kind() == Error::Kind::kUnavailable) throw;
    return false;  // such as no access to the other repository
  }
  if (response.status == 201) return true;
  // An upload has begun instead; the one who sends the bytes begins another.
  HttpRequest cancel;
  cancel.method = "DELETE";
  cancel.url = location_of(response);
  try {
    session.send_once(cancel, title(session, "blob " + digest));
  } catch (const Refusal&) {  // NOLINT(bugprone-empty-catch): it ends by itself some day
  }
  return false;
}

void BlobUpload::follow(const HttpResponse& response) {
  location_ = location_of(response);
}

void BlobUpload::begin() {
  follow(session_.send_once(post(session_.url("blobs/uploads/")), title(session_, "a blob")));
  offset_ = 0;
}

// Asks how far an interrupted upload has come; one that the registry knows no more begins again.
void BlobUpload::find_position() {
  HttpRequest request;
  request.url = location_;
  const HttpResponse response = session_.send_once(request, title(session_, "a blob"), 404);
  if (response.status == 404) {
    location_.clear();
    return;
  }
  if (!response.header("location").empty()) follow(response);
  const std::string range = response.header("range");  // "0-1023": 1024 bytes; an empty one is "0-0"
  const size_t dash = range.find('-');
  const int64_t last = dash == std::string::npos ? 0 : std::strtoll(range.c_str() + dash + 1, nullptr, 10);
  if (last > 0 && last >= furthest_)
    throw Error(Error::Kind::kInvalid, title(session_, "a blob") + ": the registry says it has bytes up to " +
                                           std::to_string(last) + ", but fewer were sent");
  offset_ = last > 0 ? last + 1 : 0;
}

void BlobUpload::send_rest(GrowingFile& file, int64_t size, const UploadEvents& events) {
  int64_t at = offset_;
  HttpRequest request;
  request.method = "PATCH";
  request.url = location_;
  request.headers.emplace_back(kBytes);
  request.body_size = size < 0 ? -1 : size - at;
  if (size >= 0 && size > at)
    request.headers.push_back("Content-Range: " + std::to_string(at) + '-' + std::to_string(size - 1));
  request.read = [&](char* buffer, size_t room) {
    const size_t n = file.read(at, buffer, room);
    at += static_cast<int64_t>(n);
    sent_ += static_cast<int64_t>(n);
    furthest_ = std::max(furthest_, at);
    events.bytes(at);
    return n;
  };
  follow(session_.send_once(request, title(session_, "a blob")));
  offset_ = at;
}

int64_t BlobUpload::run(GrowingFile& file, int64_t size, const std::function<std::string()>& digest,
                        const UploadEvents& events) {
  Backoff backoff(tuning_, cancellation_);
  bool renewed = false, broken = false;
  int64_t reached = 0;
  for (;;) {
    try {
      if (broken && !location_.empty()) find_position();
      if (offset_ >= reached + kProgress) backoff.reset();
      reached = std::max(reached, offset_);
      broken = false;
      if (location_.empty()) begin();
      if (!file.finished() || offset_ < file.written()) send_rest(file, size, events);
      HttpRequest close;
      close.method = "PUT";
      close.url = with_query(location_, "digest", digest());
      close.headers.emplace_back(kBytes);
      close.body = "";
      session_.send_once(close, title(session_, "blob " + digest()));
      return sent_;
    } catch (const Error& error) {
      broken = true;
      const auto* refusal = dynamic_cast<const Refusal*>(&error);
      if (refusal != nullptr && refusal->status() == 401 && !renewed) {  // the token has ended meanwhile
        renewed = true;
        continue;
      }
      const std::string why = error.what();
      if (!backoff.next(pause_wanted(std::current_exception()), [&](int s) { events.retrying(s, why); }))
        throw;
    }
  }
}

void upload_small_blob(Session& session, const std::string& bytes, const std::string& digest) {
  const HttpResponse begun =
      session.send(post(session.url("blobs/uploads/")), title(session, "blob " + digest));
  HttpRequest request;
  request.method = "PUT";
  request.url = with_query(location_of(begun), "digest", digest);
  request.headers.emplace_back(kBytes);
  request.body = bytes;
  session.send(request, title(session, "blob " + digest));
}

}  // namespace engine::registry
