#pragma once
// A registry's own certificates, in the folders that Docker uses: <folder>/<host[:port]>/ holds *.crt, which
// are authorities trusted beside the system's, and pairs *.cert and *.key, by which we show who we are.
// Source: Docker's "Verify repository client with certificates".
#include <string>
#include <vector>

namespace engine {

struct TlsFiles {
  std::string authorities;       // PEM, those of all *.crt one after another
  std::string certificate, key;  // paths; empty when there is none
};

// The first of `folders` that has one for the host decides. Throws engine::Error(kInvalid) for a certificate
// without key or a key without certificate, sys::Error for what cannot be read.
TlsFiles tls_files(const std::vector<std::string>& folders, const std::string& host_and_port);

}  // namespace engine
