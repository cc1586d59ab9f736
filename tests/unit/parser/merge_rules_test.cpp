// Every rule of merging and every short form, on the tree: what goes in and what comes out as YAML.
#include <catch2/catch.hpp>

#include "parser/canonical.h"
#include "parser/merge.h"
#include "parser/tree.h"
#include "parser/yaml.h"

namespace {

std::string diagnostics_of(const parser::Report& report) {
  std::string text;
  for (const auto& diagnostic : report.diagnostics()) text += diagnostic.to_string() + "\n";
  return text;
}

// Documents laid one over the other, without the check of names and types.
std::string merged(const std::vector<std::string>& texts) {
  parser::Report report;
  parser::Node tree = parser::Node::map({});
  for (const std::string& text : texts)
    for (parser::Node& document : parser::load_yaml(report.add_source("f.yml", text), report)) {
      parser::make_canonical(document, report);
      parser::merge_document(tree, std::move(document), report);
    }
  return diagnostics_of(report) + parser::to_yaml(tree);
}

struct Case {
  std::string name;
  std::string base, over;
  std::string expected;
};

// Both bodies and the outcome are those of one service.
void check_services(const std::vector<Case>& cases) {
  const auto service = [](const std::string& body) { return "services: {a: {" + body + "}}\n"; };
  for (const Case& test : cases) {
    INFO(test.name);
    const std::string expected = merged({service(test.expected)});
    CHECK(expected.rfind("services:\n  a:", 0) == 0);  // and no error
    CHECK(merged({service(test.base), service(test.over)}) == expected);
  }
}

}  // namespace

TEST_CASE("merge rules: maps merge by key, in list and map form") {
  check_services({
      {"environment", "environment: [A=1, B=2]", "environment: {B: 3, C: null}",
       "environment: {A: '1', B: '3', C: null}"},
      {"environment without value", "environment: {A: 1}", "environment: [A]", "environment: {A: null}"},
      {"labels", "labels: [a=1]", "labels: {a: 2, b: }", "labels: {a: '2', b: ''}"},
      {"annotations", "annotations: {a: 1}", "annotations: [a=2, b=3]", "annotations: {a: '2', b: '3'}"},
      {"sysctls", "sysctls: {net.core.somaxconn: 1}", "sysctls: [net.core.somaxconn=2]",
       "sysctls: {net.core.somaxconn: '2'}"},
      {"deploy.labels", "deploy: {labels: [a=1]}", "deploy: {labels: {b: 2}}",
       "deploy: {labels: {a: '1', b: '2'}}"},
      {"build.args", "build: {args: [A=1, B]}", "build: {args: {A: null}}",
       "build: {args: {A: null, B: null}}"},
      {"build.labels", "build: {labels: [a=1]}", "build: {labels: {a: 2}}", "build: {labels: {a: '2'}}"},
      {"build.additional_contexts", "build: {additional_contexts: [a=./a]}",
       "build: {additional_contexts: {b: ./b}}", "build: {additional_contexts: {a: ./a, b: ./b}}"},
      {"build.ssh", "build: {ssh: [default]}", "build: {ssh: {k: ./k}}",
       "build: {ssh: {default: null, k: ./k}}"},
      {"build", "build: ./dir", "build: {target: dev}", "build: {context: ./dir, target: dev}"},
      {"depends_on", "depends_on: {db: {condition: service_healthy}}", "depends_on: [db, cache]",
       "depends_on: {db: {condition: service_started, required: true}, cache: {condition: service_started, "
       "required: true}}"},
      {"networks", "networks: [front]", "networks: {front: {priority: 5}, back: null}",
       "networks: {front: {priority: 5}, back: null}"},
      {"models", "models: [m]", "models: {m: {endpoint_var: E}}", "models: {m: {endpoint_var: E}}"},
      {"storage_opt", "storage_opt: {size: 1}", "storage_opt: {other: 2}",
       "storage_opt: {size: '1', other: '2'}"},
      {"provider.options", "provider: {type: t, options: {a: 1, b: [x]}}", "provider: {options: {a: [2]}}",
       "provider: {type: t, options: {a: ['1', '2'], b: [x]}}"},
      {"hooks' environment", "post_start: [{command: a, environment: [A=1]}]", "user: u",
       "post_start: [{command: a, environment: {A: '1'}}], user: u"},
      {"deep maps", "deploy: {resources: {limits: {cpus: '1'}}}", "deploy: {resources: {limits: {pids: 5}}}",
       "deploy: {resources: {limits: {cpus: '1', pids: 5}}}"},
      {"network's driver_opts", "networks: {n: {driver_opts: {mtu: 1}}}",
       "networks: {n: {driver_opts: {mtu: 2}}}", "networks: {n: {driver_opts: {mtu: '2'}}}"},
      {"volume labels", "volumes: [{type: volume, target: /x, volume: {labels: [a=1]}}]", "user: u",
       "volumes: [{type: volume, target: /x, volume: {labels: {a: '1'}}}], user: u"},
  });
}

TEST_CASE("merge rules: lists append, and an item that is there already keeps its place") {
  for (const char* name :
       {"cap_add", "cap_drop", "device_cgroup_rules", "dns", "dns_opt", "dns_search", "expose",
        "external_links", "group_add", "links", "profiles", "security_opt", "tmpfs", "volumes_from"}) {
    const std::string key = std::string(name) + ": ";
    check_services({{name, key + "[a, b]", key + "[c, b]", key + "[a, b, c]"}});
  }
  for (const char* name : {"tags", "platforms"}) {
    const std::string key = "build: {" + std::string(name) + ": ";
    check_services({{name, key + "[a, b]}", key + "[c, b]}", key + "[a, b, c]}"}});
  }
  for (const char* name : {"aliases", "link_local_ips"}) {
    const std::string key = "networks: {n: {" + std::string(name) + ": ";
    check_services({{name, key + "[a, b]}}", key + "[c, b]}}", key + "[a, b, c]}}"}});
  }
  check_services({
      {"dns as text", "dns: 1.1.1.1", "dns: [8.8.8.8, 1.1.1.1]", "dns: [1.1.1.1, 8.8.8.8]"},
      {"dns_search as text", "dns_search: a", "dns_search: b", "dns_search: [a, b]"},
      {"tmpfs by mount point", "tmpfs: '/run:size=1m'", "tmpfs: ['/run:size=2m', /tmp]",
       "tmpfs: ['/run:size=2m', /tmp]"},
      {"expose numbers", "expose: [80]", "expose: ['80', 81]", "expose: ['80', '81']"},
      {"group_add numbers", "group_add: [1]", "group_add: ['1', mail]", "group_add: ['1', mail]"},
      {"env_file by path", "env_file: a.env", "env_file: [b.env, {path: a.env, required: false}]",
       "env_file: [{path: a.env, required: false}, {path: b.env}]"},
      {"label_file", "label_file: a", "label_file: [b]", "label_file: [a, b]"},
      {"extra_hosts", "extra_hosts: {h: [10.0.0.1, '::1']}", "extra_hosts: ['h:10.0.0.2', 'h=[::1]']",
       "extra_hosts: ['h=10.0.0.1', 'h=::1', 'h=10.0.0.2']"},
      {"build.extra_hosts", "build: {extra_hosts: ['h=10.0.0.1,10.0.0.2']}",
       "build: {extra_hosts: {h: 10.0.0.1}}", "build: {extra_hosts: ['h=10.0.0.1', 'h=10.0.0.2']}"},
      {"build.no_cache_filter", "build: {no_cache_filter: a}", "build: {no_cache_filter: [b]}",
       "build: {no_cache_filter: [a, b]}"},
      {"others only append", "develop: {watch: [{path: a, action: sync, ignore: x}]}",
       "develop: {watch: [{path: a, action: sync}]}",
       "develop: {watch: [{path: a, action: sync, ignore: [x]}, {path: a, action: sync}]}"},
      {"gpus", "gpus: all", "gpus: [{driver: d}]", "gpus: [{count: all}, {driver: d}]"},
  });
}

TEST_CASE("merge rules: items are one by target, port, source or subnet, and the later one is taken whole") {
  check_services({
      {"volumes", "volumes: ['./a:/x:ro', 'b:/y']", "volumes: ['c:/x']", "volumes: ['c:/x', 'b:/y']"},
      {"devices", "devices: ['/dev/a:/dev/x:r', /dev/y]", "devices: [{source: /dev/b, target: /dev/x}]",
       "devices: [{source: /dev/b, target: /dev/x}, {source: /dev/y, target: /dev/y, permissions: rwm}]"},
      {"device named by itself", "devices: [vendor.com/gpu=all]", "devices: [{source: vendor.com/gpu=all}]",
       "devices: [{source: vendor.com/gpu=all}]"},
      {"device permissions only", "devices: ['/dev/a:r']", "user: u",
       "devices: [{source: /dev/a, target: /dev/a, permissions: r}], user: u"},
      {"configs", "configs: [a, {source: b, target: /etc/b}]",
       "configs: [{source: a, target: /a, mode: 0400}, {source: c, target: /etc/b}]",
       "configs: [{source: a, target: /a, mode: 0400}, {source: c, target: /etc/b}]"},
      {"secrets", "secrets: [a, b]", "secrets: [{source: c, target: /run/secrets/a}, {source: d, target: b}]",
       "secrets: [{source: c, target: /run/secrets/a}, {source: d, target: b}]"},
      {"build.secrets", "build: {secrets: [a]}", "build: {secrets: [{source: a, uid: '1'}, b]}",
       "build: {secrets: [{source: a, uid: '1'}, {source: b}]}"},
      {"ports", "ports: ['80:80', '127.0.0.1:81:81/udp']",
       "ports: [{target: 80, published: 80, name: web}, '0.0.0.0:81:81/udp']",
       "ports: [{target: 80, published: '80', name: web}, '127.0.0.1:81:81/udp', '0.0.0.0:81:81/udp']"},
  });
  CHECK(merged({"networks: {n: {ipam: {config: [{subnet: 10.0.0.0/8}, {subnet: 10.1.0.0/16}]}}}",
                "networks: {n: {ipam: {config: [{subnet: 10.0.0.0/8, gateway: 10.0.0.9}, {subnet: "
                "fd00::/64}]}}}"}) ==
        merged({"networks: {n: {ipam: {config: [{subnet: 10.0.0.0/8, gateway: 10.0.0.9}, "
                "{subnet: 10.1.0.0/16}, {subnet: fd00::/64}]}}}"}));
}

TEST_CASE("merge rules: what is replaced whole") {
  check_services({
      {"command", "command: [a, b]", "command: c", "command: c"},
      {"command cleared", "command: [a]", "command:", "command:"},
      {"entrypoint", "entrypoint: a", "entrypoint: [b]", "entrypoint: [b]"},
      {"healthcheck.test", "healthcheck: {test: [CMD, a], interval: 1s}", "healthcheck: {test: [NONE]}",
       "healthcheck: {test: [NONE], interval: 1s}"},
      {"ulimits: number over map", "ulimits: {n: {soft: 1, hard: 2}, p: 3}", "ulimits: {n: 5}",
       "ulimits: {n: 5, p: 3}"},
      {"ulimits: map over number", "ulimits: {n: 5}", "ulimits: {n: {soft: 1}}", "ulimits: {n: {soft: 1}}"},
      {"ulimits: map over map", "ulimits: {n: {soft: 1, hard: 2}}", "ulimits: {n: {soft: 2}}",
       "ulimits: {n: {soft: 2, hard: 2}}"},
      {"logging of another driver", "logging: {driver: json-file, options: {max-size: 1m}}",
       "logging: {driver: local}", "logging: {driver: local}"},
      {"logging of the same driver", "logging: {driver: local, options: {max-size: 1m}}",
       "logging: {driver: local, options: {max-file: 3}}",
       "logging: {driver: local, options: {max-size: 1m, max-file: '3'}}"},
      {"logging, one names no driver", "logging: {driver: local, options: {max-size: 1m}}",
       "logging: {options: {max-file: 3}}",
       "logging: {driver: local, options: {max-size: 1m, max-file: '3'}}"},
      {"extensions", "x-a: {b: 1}", "x-a: {c: 2}", "x-a: {c: 2}"},
      {"scalars", "user: a", "user: b", "user: b"},
      {"null keeps", "user: a", "user:", "user: a"},
      {"null keeps a list", "expose: ['1']", "expose:", "expose: ['1']"},
  });
  CHECK(merged({"services: {x-a: {image: b}}", "services: {x-a: {user: c}}"}) ==
        merged({"services: {x-a: {image: b, user: c}}"}));
}

TEST_CASE("merge rules: top-level sections") {
  for (const char* section : {"networks", "volumes", "configs", "secrets"}) {
    INFO(section);
    const std::string key = std::string(section) + ": {a: ";
    CHECK(merged({key + "{labels: [x=1]}}", key + "{labels: {y: 2}, name: n}}"}) ==
          merged({key + "{labels: {x: '1', y: '2'}, name: n}}"}));
    CHECK(merged({key + "}", key + "{name: n}}"}) == merged({key + "{name: n}}"}));
  }
  CHECK(merged({"volumes: {v: {driver_opts: {size: 5}}}"}) ==
        merged({"volumes: {v: {driver_opts: {size: '5'}}}"}));
}

TEST_CASE("merge rules: reset and override work at any depth of any attribute") {
  check_services({
      {"reset a list", "dns: [a]", "dns: !reset []", ""},
      {"reset a key of a map", "labels: {a: 1, b: 2}", "labels: {a: !reset ''}", "labels: {b: 2}"},
      {"reset deep", "deploy: {resources: {limits: {cpus: '1', pids: 2}}}",
       "deploy: {resources: {limits: {cpus: !reset null}}}", "deploy: {resources: {limits: {pids: 2}}}"},
      {"reset what is not there", "user: u", "dns: !reset []", "user: u"},
      {"override a list", "ports: ['80:80']", "ports: !override ['81:80']", "ports: ['81:80']"},
      {"override a short form", "dns: [a]", "dns: !override b", "dns: [b]"},
      {"override a map", "labels: {a: 1}", "labels: !override [b=2]", "labels: {b: 2}"},
      {"override build", "build: {context: ., target: t}", "build: !override ./x", "build: {context: ./x}"},
      {"override with a reset in it", "labels: {a: 1}", "labels: !override {b: 1, c: !reset 2}",
       "labels: {b: 1}"},
  });
  CHECK(merged({"services: {a: {image: x}, b: {image: y}}", "services: {a: !reset null}"}) ==
        merged({"services: {b: {image: y}}"}));
  CHECK(merged({"volumes: {v: {name: n}}", "volumes: !reset {}"}) == "{}\n");
}

TEST_CASE("merge rules: a map cannot be laid over a list") {
  CHECK(merged({"services: {a: {x-b: 1, blkio_config: [c]}}", "services: {a: {blkio_config: {d: 1}}}"})
            .find("f.yml:1:30: services.a.blkio_config: a map cannot be merged into a list (f.yml:1); "
                  "!override replaces it") == 0);
}

TEST_CASE("short forms: what cannot be read is told at its place") {
  CHECK(merged({"services: {a: {devices: ['/dev/a:/dev/b:rx']}}"})
            .find("f.yml:1:26: services.a.devices[0]: invalid device permissions 'rx'; they are made of r, w "
                  "and m") == 0);
  CHECK(merged({"services: {a: {devices: ['/dev/a:']}}"})
            .find("f.yml:1:26: services.a.devices[0]: invalid device") == 0);
  CHECK(merged({"services: {a: {extra_hosts: [host]}}"})
            .find("f.yml:1:30: services.a.extra_hosts[0]: invalid host") == 0);
  CHECK(merged({"secrets: {s: {external: {name: n}}}"})
            .find("f.yml:1:15: warning: secrets.s: 'external: {name: ...}' is the old form") == 0);
}
