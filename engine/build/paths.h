#pragma once
// Paths as text.
#include <string>
#include <vector>

namespace engine::build {

// The components between slashes; empty ones and "." are dropped, ".." is kept.
std::vector<std::string> path_components(const std::string& path);
// Lexically shortest equal path of an absolute path; ".." at the root is dropped, no trailing slash
// ("/a/../b/" ->
// "/b"). `path` must begin with '/'.
std::string clean_path(const std::string& path);
// `path` itself when absolute, else below `folder`; cleaned. An empty folder is "/".
std::string path_below(const std::string& folder, const std::string& path);
std::string base_name(const std::string& path);
// "/" for a path with one component.
std::string parent_path(const std::string& path);
std::string join_path(const std::string& folder, const std::string& name);

}  // namespace engine::build
