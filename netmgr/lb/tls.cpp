#include "netmgr/lb/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <new>

#include "netmgr/lb/http_syntax.h"
#include "sys/file.h"

namespace netmgr::lb {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using X509Pointer = std::unique_ptr<X509, decltype(&X509_free)>;

constexpr std::string_view kAlpn("\x08http/1.1", 9);

[[noreturn]] void fail(const std::string& where, const std::string& what) {
  std::array<char, 256> text{};
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  if (error != 0) ERR_error_string_n(error, text.data(), text.size());
  throw ConfigError(where + ": " + what + (error != 0 ? std::string(" (") + text.data() + ")" : ""));
}

Bio memory(const std::string& pem) {
  return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free};
}

std::string lowered(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> names;
  const auto add = [&](const ASN1_STRING* text) {
    names.push_back(lowered({reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                             static_cast<size_t>(ASN1_STRING_length(text))}));
  };
  auto* list =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(list); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(list, i);
    if (name->type == GEN_DNS) add(name->d.dNSName);
  }
  GENERAL_NAMES_free(list);
  if (!names.empty()) return names;
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0) add(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  return names;
}

std::vector<std::pair<std::string, std::string>> sources(const TlsConfig& config) {
  std::vector<std::pair<std::string, std::string>> result;  // where, PEM
  for (size_t i = 0; i < config.certificates.size(); ++i)
    result.emplace_back("certificate " + std::to_string(i + 1), config.certificates[i]);
  if (config.folder.empty()) return result;
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(config.folder, error))
    if (entry.is_regular_file()) files.push_back(entry.path());
  if (error) throw ConfigError(config.folder + ": its certificates cannot be read: " + error.message());
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) result.emplace_back(file, sys::read_file(file));
  return result;
}

std::string client_ca(const TlsConfig& config) {
  return config.client_ca_file.empty() ? config.client_ca : sys::read_file(config.client_ca_file);
}

void set_versions(SSL_CTX* context, const std::vector<std::string>& versions) {
  const auto without = [&](const char* version, uint64_t option) {
    if (std::find(versions.begin(), versions.end(), version) == versions.end())
      SSL_CTX_set_options(context, option);
  };
  SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
  without("1.0", SSL_OP_NO_TLSv1);
  without("1.1", SSL_OP_NO_TLSv1_1);
  without("1.2", SSL_OP_NO_TLSv1_2);
  without("1.3", SSL_OP_NO_TLSv1_3);
  // OpenSSL 3 counts the signatures of 1.0 and 1.1 as too weak; who asks for these versions means it.
  if (std::find_if(versions.begin(), versions.end(), [](const auto& one) { return one < "1.2"; }) !=
      versions.end())
    SSL_CTX_set_security_level(context, 0);
}

void set_client_ca(SSL_CTX* context, const std::string& pem) {
  if (pem.empty()) return;
  const Bio bio = memory(pem);
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  int count = 0;
  while (X509Pointer certificate{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free}) {
    X509_STORE_add_cert(store, certificate.get());
    SSL_CTX_add_client_CA(context, certificate.get());
    ++count;
  }
  ERR_clear_error();
  if (count == 0) fail("the CA of clients", "there is no certificate in it");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>("lb"), 2);
}

int choose_alpn(SSL* /*session*/, const unsigned char** out, unsigned char* size, const unsigned char* in,
                unsigned in_size, void* /*argument*/) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, size, reinterpret_cast<const unsigned char*>(kAlpn.data()),
                            static_cast<unsigned>(kAlpn.size()), in, in_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

int choose_certificate(SSL* session, int* /*alert*/, void* argument) {
  const char* name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_CTX* context = static_cast<const TlsContext*>(argument)->choose(name);
  if (context != SSL_get_SSL_CTX(session)) SSL_set_SSL_CTX(session, context);
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

void TlsDelete::operator()(ssl_st* session) const {
  SSL_free(session);
}
void TlsDelete::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

TlsContext::~TlsContext() = default;

TlsContext::TlsContext(const TlsConfig& config) : client_ca_(client_ca(config)) {
  for (const auto& [where, pem] : sources(config)) add(pem, where, config);
  if (certificates_.empty()) throw ConfigError(config.folder + ": there is no certificate in this folder");
}

std::string TlsContext::digest(const TlsConfig& config) {
  std::string result = client_ca(config) + "\n" + config.ciphers + (config.tickets ? "\n1" : "\n0");
  for (const std::string& version : config.versions) result += "\n" + version;
  for (const auto& [where, pem] : sources(config)) result += "\n" + where + "\n" + pem;
  return result;
}

void TlsContext::add(const std::string& pem, const std::string& where, const TlsConfig& config) {
  Certificate certificate;
  certificate.context.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = certificate.context.get();
  if (context == nullptr) fail(where, "no TLS can be had");
  // An end without a goodbye is an end: HTTP has its own framing.
  SSL_CTX_set_options(
      context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_CIPHER_SERVER_PREFERENCE);
  if (!config.tickets) SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  set_versions(context, config.versions);
  if (!config.ciphers.empty() && SSL_CTX_set_cipher_list(context, config.ciphers.c_str()) != 1)
    fail(where, "the ciphers \"" + config.ciphers + "\" are none that OpenSSL knows");

  const Bio bio = memory(pem);
  const X509Pointer leaf{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free};
  if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1)
    fail(where, "there is no certificate in it");
  certificate.names = names_of(leaf.get());
  while (X509Pointer chain{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free})
    if (SSL_CTX_add1_chain_cert(context, chain.get()) != 1) fail(where, "its chain cannot be used");
  ERR_clear_error();
  const Bio again = memory(pem);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{
      PEM_read_bio_PrivateKey(again.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free};
  if (!key) fail(where, "there is no private key in it, which belongs in front of the certificate");
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1)
    fail(where, "its private key is not that of its certificate");
  set_client_ca(context, client_ca_);
  SSL_CTX_set_alpn_select_cb(context, choose_alpn, nullptr);
  SSL_CTX_set_tlsext_servername_callback(context, choose_certificate);
  SSL_CTX_set_tlsext_servername_arg(context, this);
  certificates_.push_back(std::move(certificate));
}

ssl_ctx_st* TlsContext::choose(const std::string& name) const {
  const std::string wanted = lowered(name);
  const size_t dot = wanted.find('.');
  const std::string wildcard = dot == std::string::npos ? std::string() : "*" + wanted.substr(dot);
  for (const std::string& one : {wanted, wildcard})
    for (const Certificate& certificate : certificates_)
      if (!one.empty() &&
          std::find(certificate.names.begin(), certificate.names.end(), one) != certificate.names.end())
        return certificate.context.get();
  return certificates_.front().context.get();
}

TlsSession TlsContext::open(int fd) const {
  TlsSession session(SSL_new(certificates_.front().context.get()));
  if (!session || SSL_set_fd(session.get(), fd) != 1) throw std::bad_alloc();
  SSL_set_accept_state(session.get());
  return session;
}

}  // namespace netmgr::lb
