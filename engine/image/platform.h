#pragma once
// For which machines an image is. Source: OCI image-spec, image-index.md ("platform"); Docker's --platform.
#include <string>

namespace engine {

struct Platform {
  std::string os, architecture, variant;  // empty: not told
  std::string to_string() const;          // "linux/arm/v7"
};

// "linux/arm64/v8", "linux/amd64", "arm64"; names that mean the same (x86_64, aarch64) are made one. Throws
// engine::Error(kInvalid).
Platform parse_platform(const std::string& text);
// This machine's (man 2 uname).
Platform host_platform();
// How well an image for `offered` runs where `wanted` is asked for: 0 not at all; more is better. arm v7 runs
// v6 and v5; arm64 is v8 unless said; an offer without a platform is the last choice.
int fitness(const Platform& wanted, const Platform& offered);

// Whether both name the same system and processor; what an image's configuration says, which may lack the
// variant.
bool same_machine(const Platform& a, const Platform& b);

}  // namespace engine
