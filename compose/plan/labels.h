#pragma once
// The labels compose puts on what it makes. Other tools filter by them, `down`, `ps` and `ls` work from them
// alone. Source: Docker Compose v2's label names; io.compose.* are our own.

namespace compose {

// Value of label com.docker.compose.version: this program's version.
inline constexpr const char* kVersion = "0.1.0";

namespace label {

inline constexpr const char* kProject = "com.docker.compose.project";
inline constexpr const char* kService = "com.docker.compose.service";
inline constexpr const char* kNumber = "com.docker.compose.container-number";
inline constexpr const char* kOneOff = "com.docker.compose.oneoff";  // True or False
inline constexpr const char* kSlug = "com.docker.compose.slug";      // of a one-off container: 64 hex digits
inline constexpr const char* kConfigHash = "com.docker.compose.config-hash";
inline constexpr const char* kWorkingDir = "com.docker.compose.project.working_dir";
inline constexpr const char* kConfigFiles = "com.docker.compose.project.config_files";          // comma list
inline constexpr const char* kEnvironmentFile = "com.docker.compose.project.environment_file";  // comma list
inline constexpr const char* kDependsOn = "com.docker.compose.depends_on";  // svc:condition:restart,...
inline constexpr const char* kImage = "com.docker.compose.image";           // image id at creation
inline constexpr const char* kVersionLabel = "com.docker.compose.version";
// The final name of the container that this one replaces; it stays after the recreate is done. A container is
// half-way through a recreate while its name is not yet that one.
inline constexpr const char* kReplace = "com.docker.compose.replace";
inline constexpr const char* kNetwork = "com.docker.compose.network";  // key in the file
inline constexpr const char* kVolume = "com.docker.compose.volume";    // key in the file
// Canonical JSON that the config hash was taken over: explains a later difference.
inline constexpr const char* kConfig = "io.compose.config";

}  // namespace label
}  // namespace compose
