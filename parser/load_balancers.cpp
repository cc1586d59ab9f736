#include "parser/load_balancers.h"

#include <chrono>
#include <utility>

#include "parser/merge.h"
#include "parser/units.h"

namespace parser {

namespace {

constexpr const char* kAttribute = "x-load-balancer";
constexpr const char* kImage = "compose/lb";

// The service for one balanced service, as a user would write it.
class Balancer {
 public:
  Balancer(const std::string& name, const Node& service, const Node& wish, Report& report)
      : path_("services." + name + "." + kAttribute),
        service_(service),
        wish_(wish),
        report_(report),
        at_(wish.at),
        made_(Node::map(at_)),
        environment_(Node::map(at_)) {
    add("image", text(kImage));
    add("read_only", plain("true"));
    add("links", list({name}));
  }

  Node make() && {
    if (service_.find("network_mode") != nullptr)
      report_.error(at_.mark(), path_, "a service with network_mode has no address that could be balanced",
                    "put it on networks instead");
    copy_names("networks");
    copy("profiles");
    copy("restart");
    if (wish_.is_scalar()) {
      add_port(wish_);
    } else {
      details();
    }
    if (!ports_.items.empty()) add("ports", std::move(ports_));
    if (!environment_.entries.empty()) add("environment", std::move(environment_));
    return std::move(made_);
  }

 private:
  Node text(std::string value) const { return Node::scalar(std::move(value), at_); }
  Node plain(std::string value) const {
    Node node = text(std::move(value));
    node.plain = true;
    return node;
  }
  Node list(std::initializer_list<std::string> values) const {
    Node node = Node::sequence(at_);
    for (const std::string& value : values) node.items.push_back(text(value));
    return node;
  }
  void add(const std::string& key, Node value) { made_.set(key, at_, std::move(value)); }
  void set(const std::string& key, const Node& value) {
    environment_.set(key, value.at, Node::scalar(value.text, value.at));
  }

  void copy(const char* key) {
    if (const Node* value = service_.find(key)) add(key, *value);
  }
  // What the service says of itself there, its aliases and addresses, is not the balancer's.
  void copy_names(const char* key) {
    const Node* value = service_.find(key);
    if (value == nullptr) return;
    Node names = Node::sequence(value->at);
    for (const Entry& entry : value->entries) names.items.push_back(Node::scalar(entry.key, entry.key_at));
    if (!names.items.empty()) add(key, std::move(names));
  }

  void publish(const Node& port, const std::string& own) {
    ports_.items.push_back(Node::scalar(port.text + ':' + own, port.at));
  }
  void add_port(const Node& port) { publish(port, "80"); }

  void details() {
    if (const Node* ports = wish_.find("port"); ports == nullptr) {
      report_.error(at_.mark(), path_, "it says no port to listen on",
                    "add `port: 8080`, or what is published where");
    } else if (ports->is_sequence()) {
      for (const Node& port : ports->items) add_port(port);
    } else {
      add_port(*ports);
    }
    if (const Node* port = wish_.find("stats")) publish(*port, "1936");
    if (const Node* target = wish_.find("target")) set("SERVICE_PORTS", *target);
    if (const Node* mode = wish_.find("mode")) set("MODE", *mode);
    if (const Node* balance = wish_.find("balance")) set("BALANCE", *balance);
    if (const Node* health = wish_.find("health")) add_health(*health);
    if (const Node* more = wish_.find("environment")) add_environment(*more);
  }

  void add_health(const Node& health) {
    if (health.is_scalar() && scalar_type(health) == ScalarType::kBoolean) {
      // Without the word `check` there is none.
      if (health.text == "false") set("HEALTH_CHECK", Node::scalar("weight 1", health.at));
      return;
    }
    if (health.is_scalar()) return add_request(health);
    std::string words = "check";
    if (const Node* interval = health.find("interval")) {
      try {
        const auto pause =
            std::chrono::duration_cast<std::chrono::milliseconds>(parse_duration(interval->text));
        words += " inter " + std::to_string(pause.count()) + "ms";
      } catch (const ValueError& error) {
        report_.error(interval->mark(), path_ + ".health.interval", error.what(), error.hint());
      }
    }
    for (const char* key : {"rise", "fall"})
      if (const Node* count = health.find(key)) words.append(" ").append(key).append(" " + count->text);
    set("HEALTH_CHECK", Node::scalar(words, health.at));
    if (const Node* request = health.find("request")) add_request(*request);
  }

  void add_request(const Node& request) {
    const std::string method = request.text.starts_with('/') ? "GET " : "";
    set("HTTP_CHECK", Node::scalar(method + request.text, request.at));
  }

  void add_environment(const Node& more) {
    for (const Entry& entry : more.entries) environment_.set(entry.key, entry.key_at, entry.value);
    for (const Node& item : more.items) {
      const size_t end = item.text.find('=');
      const Node value =
          end == std::string::npos ? Node::null(item.at) : Node::scalar(item.text.substr(end + 1), item.at);
      environment_.set(item.text.substr(0, end), item.at, value);
    }
  }

  std::string path_;
  const Node& service_;
  const Node& wish_;
  Report& report_;
  Location at_;
  Node made_, environment_;
  Node ports_ = Node::sequence({});
};

// Variables have their values by now: a `$` is one.
void escape(Node& node) {
  if (node.is_scalar() && !node.templated)
    for (size_t at = node.text.find('$'); at != std::string::npos; at = node.text.find('$', at + 2))
      node.text.insert(at, "$");
  for (Node& item : node.items) escape(item);
  for (Entry& entry : node.entries) escape(entry.value);
}

}  // namespace

bool is_load_balancer(const std::string& image) {
  const std::string name = image.substr(0, image.find_first_of(":@"));
  const std::string hub = "docker.io/";
  const std::string_view repository = std::string_view(name).substr(name.starts_with(hub) ? hub.size() : 0);
  return repository == kImage || repository == "dockercloud/haproxy";
}

void add_load_balancers(Node& merged, const Scope& scope, Documents& documents) {
  const Node* services = merged.find("services");
  if (services == nullptr) return;
  Node fresh = Node::map(services->at);
  for (const Entry& entry : services->entries) {
    const Node* wish = entry.value.find(kAttribute);
    const std::string name = entry.key + "-lb";
    if (wish == nullptr || services->find(name) != nullptr) continue;
    fresh.set(name, wish->at, Balancer(entry.key, entry.value, *wish, documents.report()).make());
  }
  if (fresh.entries.empty()) return;
  documents.report().throw_if_failed();
  Node document = Node::map(services->at);
  escape(fresh);
  document.set("services", services->at, std::move(fresh));
  documents.prepare(document, scope);
  merge_document(merged, std::move(document), documents.report());
}

}  // namespace parser
