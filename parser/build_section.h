#pragma once
// How the image of a service is built. Plain data. Source: Compose Build Specification.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "parser/diagnostic.h"
#include "parser/value_types.h"

namespace parser {

struct Ulimit {
  int64_t soft = 0, hard = 0;  // -1: unlimited
  bool single = false;         // written as one number
  Extensions extensions;
};

// A config or secret given to a container or a build.
struct FileGrant {
  std::string source;  // key under the top-level `configs` or `secrets`
  std::string target;  // as written; empty: the place the specification fixes
  std::string uid, gid;
  std::optional<uint32_t> mode;  // permission bits; unset: 0444
  Mark mark;
  Extensions extensions;
};

struct SshKey {
  std::string id;    // "default" for the agent of the user
  std::string path;  // absolute path of a socket or key; empty: the agent
};

struct Build {
  std::string context;     // absolute path of a folder, or a URL
  std::string dockerfile;  // relative to context, or absolute; default "Dockerfile"
  std::string dockerfile_inline;
  std::vector<std::string> entitlements;
  OptionalMap args;  // no value: dropped unless set in the environment
  std::string provenance, sbom;
  std::vector<SshKey> ssh;
  StringMap labels;
  std::vector<std::string> cache_from, cache_to;
  bool no_cache = false;
  std::vector<std::string> no_cache_filter;  // stages
  StringMap additional_contexts;             // name -> absolute path, URL or service:x
  std::map<std::string, Mark> additional_context_marks;
  bool pull = false;
  std::vector<std::string> extra_hosts;  // "host=ip"
  std::string isolation;
  std::string network;
  std::string target;
  std::vector<FileGrant> secrets;
  int64_t shm_size = 0;  // bytes, 0: the builder's default
  std::vector<std::string> tags;
  std::map<std::string, Ulimit> ulimits;
  std::vector<std::string> platforms;
  bool privileged = false;
  Mark mark;             // of `context`
  Mark dockerfile_mark;  // of `dockerfile`; of `context` when there is none
  Extensions extensions;
};

}  // namespace parser
