#include "netmgr/lb/tls.h"

#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "unit/lb/scene.h"

using namespace scene;
using namespace netmgr::lb;

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const auto size = static_cast<size_t>(BIO_get_mem_data(bio, &data));
  std::string text(data, size);
  BIO_free(bio);
  return text;
}

struct Identity {
  Key key{EVP_EC_gen("P-256"), &EVP_PKEY_free};
  Certificate certificate{X509_new(), &X509_free};
  std::string certificate_pem() const {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, certificate.get());
    return text_of(bio);
  }
  std::string key_pem() const {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return text_of(bio);
  }
  std::string pem() const { return key_pem() + certificate_pem(); }
};

// For these names; signed by `issuer`, or by itself.
Identity identity(const std::string& name, const std::string& other = "", const Identity* issuer = nullptr) {
  Identity result;
  X509* certificate = result.certificate.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, result.key.get());
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate,
                       issuer == nullptr ? subject : X509_get_subject_name(issuer->certificate.get()));
  const auto extend = [&](int kind, const char* value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  };
  if (!other.empty()) extend(NID_subject_alt_name, other.c_str());
  if (issuer == nullptr) extend(NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(certificate, issuer == nullptr ? result.key.get() : issuer->key.get(), EVP_sha256());
  return result;
}

// A client that speaks TLS; reads give up after five seconds.
class TlsPeer {
 public:
  explicit TlsPeer(uint16_t port, const std::string& name = "", const Identity* own = nullptr,
                   int version = 0)
      : socket_(Peer::to(port)), context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free) {
    if (own != nullptr) {
      SSL_CTX_use_certificate(context_.get(), own->certificate.get());
      SSL_CTX_use_PrivateKey(context_.get(), own->key.get());
    }
    if (version != 0) {
      SSL_CTX_set_security_level(context_.get(), 0);
      SSL_CTX_set_min_proto_version(context_.get(), version);
      SSL_CTX_set_max_proto_version(context_.get(), version);
    }
    session_.reset(SSL_new(context_.get()));
    if (!name.empty()) SSL_set_tlsext_host_name(session_.get(), name.c_str());
    SSL_set_fd(session_.get(), socket_.fd());
    const unsigned char protocols[] = "\x02h2\x08http/1.1";
    SSL_set_alpn_protos(session_.get(), protocols, sizeof protocols - 1);
    good_ = SSL_connect(session_.get()) == 1;
  }
  bool good() const { return good_; }
  std::string peer_name() const {
    const Certificate certificate{SSL_get1_peer_certificate(session_.get()), &X509_free};
    char name[256] = "";
    if (certificate)
      X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name, sizeof name);
    return name;
  }
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(session_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }
  void send(const std::string& bytes) {
    SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size()));
  }
  std::string until(const std::string& end) {
    while (true) {
      const size_t at = buffer_.find(end);
      if (at != std::string::npos || !more())
        return take(at == std::string::npos ? buffer_.size() : at + end.size());
    }
  }
  std::string exactly(size_t size) {
    while (buffer_.size() < size && more()) continue;
    return take(std::min(size, buffer_.size()));
  }
  std::string answer() {
    const std::string head = until("\r\n\r\n");
    const size_t at = head.find("Content-Length: ");
    return head + (at == std::string::npos ? "" : exactly(std::stoul(head.substr(at + 16))));
  }
  bool ended_well() {
    char byte = 0;
    const int size = SSL_read(session_.get(), &byte, 1);
    return size <= 0 && SSL_get_error(session_.get(), size) == SSL_ERROR_ZERO_RETURN;
  }
  int fd() const { return socket_.fd(); }

 private:
  bool more() {
    char bytes[65536];
    const int size = SSL_read(session_.get(), bytes, sizeof bytes);
    if (size > 0) buffer_.append(bytes, static_cast<size_t>(size));
    return size > 0;
  }
  std::string take(size_t size) {
    std::string result = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return result;
  }
  Peer socket_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  TlsSession session_;
  bool good_ = false;
  std::string buffer_;
};

Config secure(uint16_t port, const std::vector<std::string>& certificates) {
  Config config = config_for({port});
  config.frontends[0].tls = TlsConfig{};
  config.frontends[0].tls->certificates = certificates;
  return config;
}

}  // namespace

TEST_CASE("a client speaks TLS, the server HTTP, and it is told of the other") {
  FakeServer server([](Peer& peer) {
    while (true) {
      const std::string head = peer.until("\r\n\r\n");
      if (!head.ends_with("\r\n\r\n")) return;
      peer.send("HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=1\r\nContent-Length: " +
                std::to_string(head.size()) + "\r\n\r\n" + head);
    }
  });
  Config config = secure(server.port(), {identity("a.com").pem()});
  config.backends[0].hsts_seconds = 77;
  config.backends[0].force_https = true;
  Running balancer(config);
  TlsPeer client(balancer.port());
  REQUIRE(client.good());
  CHECK(client.protocol() == "http/1.1");
  for (int i = 0; i < 3; ++i) {
    client.send(kGet);
    const std::string answer = client.answer();
    CHECK(has(answer, "X-Forwarded-Proto: https\r\n"));
    CHECK(has(answer, "Strict-Transport-Security: max-age=77; includeSubDomains\r\n"));
    CHECK_FALSE(has(answer, "max-age=1\r\n"));
  }
  client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  client.answer();
  CHECK(client.ended_well());
}

TEST_CASE("large bodies go whole through TLS in both directions, also to who reads slowly") {
  std::string body;
  for (int i = 0; body.size() < 5'000'000; ++i) body += std::to_string(i) + ",";
  const std::string length = std::to_string(body.size());
  FakeServer server([&](Peer& peer) {
    peer.until("\r\n\r\n");
    const std::string came = peer.exactly(body.size());
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n");
    for (size_t at = 0; at < came.size(); at += 100'000)
      if (!peer.send(came.substr(at, 100'000))) return;
    peer.rest();
  });
  Running balancer(secure(server.port(), {identity("a.com").pem()}));
  TlsPeer client(balancer.port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + length + "\r\n\r\n");
  client.send(body);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  client.until("\r\n\r\n");
  CHECK((client.exactly(body.size()) == body));
}

TEST_CASE("the certificate is that of the name a client asks for, else the first") {
  FakeServer server(echo("s"));
  Running balancer(secure(
      server.port(),
      {identity("first").pem(), identity("second", "DNS:a.com,DNS:*.b.com").pem(), identity("c.com").pem()}));
  const auto name = [&](const std::string& asked) { return TlsPeer(balancer.port(), asked).peer_name(); };
  CHECK(name("") == "first");
  CHECK(name("A.com") == "second");
  CHECK(name("x.b.com") == "second");
  CHECK(name("x.y.b.com") == "first");
  CHECK(name("b.com") == "first");
  CHECK(name("c.com") == "c.com");
  CHECK(name("second") == "first");  // its names are those it lists
}

TEST_CASE("certificates are read from a folder and again with the next configuration") {
  const std::string folder =
      std::filesystem::temp_directory_path() / ("lb-certs-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  std::ofstream(folder + "/b.pem") << identity("b.com").pem();
  FakeServer server(echo("s"));
  Config config = secure(server.port(), {});
  config.frontends[0].tls->folder = folder;
  Running balancer(config);
  CHECK(TlsPeer(balancer.port(), "a.com").peer_name() == "b.com");
  TlsPeer old(balancer.port());
  std::ofstream(folder + "/a.pem") << identity("a.com").pem();
  balancer.apply(config);
  CHECK(TlsPeer(balancer.port(), "a.com").peer_name() == "a.com");
  CHECK(TlsPeer(balancer.port(), "x.com").peer_name() == "a.com");  // the first by name
  old.send(kGet);
  CHECK(has(old.answer(), "s GET /a"));
  std::ofstream(folder + "/c.pem") << "nonsense";
  CHECK_THROWS_WITH(TlsContext(*config.frontends[0].tls),
                    Catch::Contains(folder + "/c.pem: there is no certificate"));
  std::filesystem::remove_all(folder);
}

TEST_CASE("clients without a certificate of the CA are refused") {
  const Identity ca = identity("ca");
  const Identity client = identity("client", "", &ca);
  const Identity stranger = identity("stranger");
  FakeServer server(echo("s"));
  Config config = secure(server.port(), {identity("a.com").pem()});
  config.frontends[0].tls->client_ca = ca.certificate_pem();
  Running balancer(config);
  const auto answer = [&](const Identity* own) {
    TlsPeer peer(balancer.port(), "", own);
    peer.send(kGet);
    return peer.answer();
  };
  CHECK(has(answer(&client), "s GET /a"));
  CHECK(answer(nullptr).empty());
  CHECK(answer(&stranger).empty());
}

TEST_CASE("only the versions that are wanted are spoken") {
  FakeServer server(echo("s"));
  const std::string pem = identity("a.com").pem();
  const auto speaks = [&](const std::vector<std::string>& versions, int version) {
    Config config = secure(server.port(), {pem});
    config.frontends[0].tls->versions = versions;
    Running balancer(config);
    return TlsPeer(balancer.port(), "", nullptr, version).good();
  };
  CHECK(speaks({"1.2", "1.3"}, TLS1_2_VERSION));
  CHECK(speaks({"1.2", "1.3"}, TLS1_3_VERSION));
  CHECK_FALSE(speaks({"1.2", "1.3"}, TLS1_1_VERSION));
  CHECK_FALSE(speaks({"1.3"}, TLS1_2_VERSION));
  CHECK(speaks({"1.0"}, TLS1_VERSION));
}

TEST_CASE("what is no certificate is told with its place, and the balancer goes on") {
  FakeServer server(echo("s"));
  const Identity one = identity("a.com");
  const Identity other = identity("b.com");
  Running balancer(secure(server.port(), {one.pem()}));
  const auto said = [&](const std::string& pem, const std::string& ciphers = "") {
    Config config = secure(server.port(), {one.pem(), pem});
    config.frontends[0].tls->ciphers = ciphers;
    std::string text;
    balancer.run([&](Balancer& its) {
      try {
        its.apply(config);
      } catch (const ConfigError& error) {
        text = error.what();
      }
    });
    return text;
  };
  CHECK(has(said("x"), "TLS of frontend \"front\": certificate 2: there is no certificate in it"));
  CHECK(has(said(one.certificate_pem()), "certificate 2: there is no private key in it"));
  CHECK(has(said(other.key_pem() + one.certificate_pem()), "certificate 2: its private key is not"));
  CHECK(has(said(one.pem(), "NONSENSE"), "the ciphers \"NONSENSE\""));
  TlsPeer client(balancer.port());
  client.send(kGet);
  CHECK(has(client.answer(), "s GET /a"));
}

TEST_CASE("a client that does not speak TLS where it must is closed, and counted") {
  FakeServer server(echo("s"));
  Running balancer(secure(server.port(), {identity("a.com").pem()}));
  Peer client = Peer::to(balancer.port());
  client.send(kGet);
  CHECK_FALSE(has(client.rest(), "HTTP"));
  TlsPeer good(balancer.port());
  good.send(kGet);
  CHECK(has(good.answer(), "s GET /a"));
}

TEST_CASE("in mode tcp TLS ends at the balancer") {
  FakeServer server([](Peer& peer) {
    while (true) {
      const std::string bytes = peer.some();
      if (bytes.empty() || !peer.send("<" + bytes + ">")) return;
    }
  });
  Config config = secure(server.port(), {identity("a.com").pem()});
  config.frontends[0].mode = config.backends[0].mode = Mode::kTcp;
  Running balancer(config);
  TlsPeer client(balancer.port());
  REQUIRE(client.good());
  client.send("one");
  CHECK(client.exactly(5) == "<one>");
  client.send("two");
  CHECK(client.exactly(5) == "<two>");
}

TEST_CASE("what a client says within TLS is the same wherever its records are cut") {
  const Identity own = identity("a.test");
  FakeServer server(echo("s"));
  Running balancer(secure(server.port(), {own.pem()}));
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{SSL_CTX_new(TLS_client_method()),
                                                                  &SSL_CTX_free};
  // What the client says first, then its end of the handshake with the request behind it; each cut at `cut`.
  const auto answer = [&](size_t cut, size_t& longest) {
    Peer peer = Peer::to(balancer.port());
    const int on = 1;
    ::setsockopt(peer.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const TlsSession session(SSL_new(context.get()));
    BIO* const in = BIO_new(BIO_s_mem());
    BIO* const out = BIO_new(BIO_s_mem());
    SSL_set_bio(session.get(), in, out);
    const auto say = [&] {
      char* bytes = nullptr;
      const auto size = static_cast<size_t>(BIO_get_mem_data(out, &bytes));
      const std::string flight(bytes, size);
      BIO_reset(out);
      longest = std::max(longest, size);
      peer.send(flight.substr(0, cut));
      // A turn to hear of it and one to read; the turn at hand may have begun before.
      for (int turn = 0; turn < 3 && cut < size; ++turn) balancer.run([](Balancer&) {});
      if (cut < size) peer.send(flight.substr(cut));
    };
    const auto hear = [&] {
      const std::string bytes = peer.some();
      BIO_write(in, bytes.data(), static_cast<int>(bytes.size()));
      return !bytes.empty();
    };
    SSL_set_connect_state(session.get());
    SSL_do_handshake(session.get());
    say();
    while (SSL_do_handshake(session.get()) != 1 && hear()) continue;
    SSL_write(session.get(), kGet.data(), static_cast<int>(kGet.size()));
    say();
    std::string text;
    while (!has(text, "s GET /a")) {
      char bytes[4096];
      const int size = SSL_read(session.get(), bytes, sizeof bytes);
      if (size > 0)
        text.append(bytes, static_cast<size_t>(size));
      else if (!hear())
        break;
    }
    return text;
  };
  size_t longest = 0;
  const std::string whole = answer(100'000, longest);
  REQUIRE(has(whole, "HTTP/1.1 200 "));
  for (size_t cut = 1; cut < longest; cut += cut < 100 ? 1 : 13) {
    INFO("cut at " << cut);
    REQUIRE(answer(cut, longest) == whole);
  }
}
