// What listings print, field by field, and their flags.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sandbox.h"

using it::Output;
using it::Sandbox;
using nlohmann::json;

namespace {

constexpr char kServices[] = R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    expose: ["9000"]
    ports: ["127.0.0.1:8101:80", "127.0.0.1:8102:80"]
    labels: {tier: front}
    volumes: ["data:/data"]
    stop_grace_period: 0s
  twin:
    image: busybox
    command: ["sleep", "1000"]
    scale: 2
    ports: ["127.0.0.1:8111-8112:80"]
    stop_grace_period: 0s
  job:
    image: busybox
    command: ["sh", "-c", "echo done; exit 3"]
volumes: {data: {}}
)";

void start(Sandbox& sandbox) {
  sandbox.compose_file(kServices);
  sandbox.ok({"up", "-d"});
  REQUIRE(it::eventually([&] { return sandbox.container("job").at("State") == "exited"; }));
}

std::vector<std::string> keys(const json& object) {
  std::vector<std::string> names;
  for (const auto& [key, value] : object.items()) names.push_back(key);
  return names;
}

// With the project's own names taken out.
std::string plain(const Sandbox& sandbox, std::string text) {
  for (size_t at = 0; (at = text.find(sandbox.project(), at)) != std::string::npos;)
    text.replace(at, sandbox.project().size(), "P");
  return text;
}

}  // namespace

TEST_CASE("ps has docker compose's fields, each with its kind of value") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  start(sandbox);
  const json web = sandbox.container("web");
  CHECK(keys(web) == std::vector<std::string>{
                         "Command",      "CreatedAt",  "ExitCode", "Health", "ID",       "Image", "Labels",
                         "LocalVolumes", "Mounts",     "Name",     "Names",  "Networks", "Ports", "Project",
                         "Publishers",   "RunningFor", "Service",  "Size",   "State",    "Status"});
  CHECK(web.at("Command") == "\"sleep 1000\"");
  CHECK(web.at("Health").get<std::string>().empty());
  CHECK(web.at("LocalVolumes") == "1");
  CHECK(web.at("Mounts") == sandbox.project() + "_data");
  CHECK(web.at("Names") == web.at("Name"));
  CHECK(web.at("Networks") == sandbox.project() + "_default");
  CHECK(web.at("Ports") == "127.0.0.1:8101->80/tcp, 127.0.0.1:8102->80/tcp, 9000/tcp");
  CHECK(web.at("ID").get<std::string>().size() == 12);
  CHECK(web.at("Labels").get<std::string>().find("tier=front") != std::string::npos);
  CHECK(web.at("RunningFor").get<std::string>().find(" ago") != std::string::npos);
  const json port{{"URL", "127.0.0.1"}, {"TargetPort", 80}, {"PublishedPort", 8101}, {"Protocol", "tcp"}};
  CHECK(web.at("Publishers").at(0) == port);
  CHECK(web.at("Publishers").at(2) ==
        json{{"URL", ""}, {"TargetPort", 9000}, {"PublishedPort", 0}, {"Protocol", "tcp"}});
  const json job = sandbox.container("job");
  CHECK(job.at("ExitCode") == 3);
  CHECK(job.at("Publishers") == json::array());
  CHECK(json::parse(sandbox.ok({"ps", "--no-trunc", "--format", "json", "web"}).out).at("ID") ==
        sandbox.ok({"ps", "-q", "web"}).out.substr(0, 64));
  sandbox.finish();
}

TEST_CASE("ps chooses by state, and shows names, ids and columns as asked") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  start(sandbox);
  const auto names = [&](std::vector<std::string> args) {
    args.insert(args.begin(), {"ps", "--format", "{{.Name}} {{.State}}"});
    return plain(sandbox, sandbox.ok(args).out);
  };
  CHECK(names({}) == "P-twin-1 running\nP-twin-2 running\nP-web-1 running\n");
  CHECK(names({"--status", "exited"}) == "P-job-1 exited\n");
  CHECK(names({"--filter", "status=exited"}) == "P-job-1 exited\n");
  CHECK(names({"--status", "exited", "--status", "running", "job", "web"}) ==
        "P-job-1 exited\nP-web-1 running\n");
  CHECK(sandbox.ok({"ps", "-a", "--services"}).out == "job\ntwin\nweb\n");
  CHECK(sandbox.compose({"ps", "--status", "asleep"}).code == 1);
  CHECK(sandbox.compose({"ps", "--filter", "name=web"}).code == 1);
  CHECK(sandbox.ok({"ps"}).out.substr(0, 4) == "NAME");
  const std::string header = sandbox.ok({"ps"}).out;
  size_t at = 0;
  for (const char* title : {"NAME", "IMAGE", "COMMAND", "SERVICE", "CREATED", "STATUS", "PORTS"}) {
    const size_t next = header.find(title, at);
    REQUIRE(next < header.find('\n'));
    at = next;
  }
  // A container of a command that has ended is one of those that a state may choose.
  sandbox.ok({"run", "--name", "once", "--no-deps", "job", "true"});
  CHECK(names({"--status", "exited"}) == "P-job-1 exited\nonce exited\n");
  sandbox.compose_file("services: {web: {image: busybox, stop_grace_period: 0s}}\n");
  CHECK(names({"--orphans=false"}) == "P-web-1 running\n");
  CHECK(names({"--orphans"}) == "P-twin-1 running\nP-twin-2 running\nP-web-1 running\n");
  sandbox.compose_file(kServices);
  sandbox.ok({"container", "rm", "-f", "once"});
  sandbox.finish();
}

TEST_CASE("ls counts what runs by state, all states with -a, and takes docker's patterns for names") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  start(sandbox);
  const std::string file = sandbox.directory() + "/compose.yaml";
  const json running = json::parse(sandbox.ok({"ls", "--format", "json"}).out);
  REQUIRE(running.size() == 1);
  CHECK(running.at(0) == json{{"Name", sandbox.project()}, {"Status", "running(3)"}, {"ConfigFiles", file}});
  CHECK(json::parse(sandbox.ok({"ls", "-a", "--format", "json"}).out).at(0).at("Status") ==
        "exited(1), running(3)");
  const std::string table = sandbox.ok({"ls"}).out;
  CHECK(table.find("NAME") == 0);
  CHECK(table.find("STATUS") < table.find("CONFIG FILES"));
  CHECK(sandbox.ok({"ls", "-q"}).out == sandbox.project() + "\n");
  const std::string whole = "name=^" + sandbox.project() + "$";
  CHECK(sandbox.ok({"ls", "-q", "--filter", whole}).out == sandbox.project() + "\n");
  CHECK(sandbox.ok({"ls", "-q", "--filter", "name=other", "--filter", whole}).out ==
        sandbox.project() + "\n");
  CHECK(sandbox.ok({"ls", "-q", "--filter", "name=^other$"}).out.empty());
  CHECK(sandbox.ok({"ls", "--filter", "name=^other$", "--format", "json"}).out == "[]\n");
  CHECK(sandbox.compose({"ls", "--filter", "status=x"}).code == 1);
  sandbox.ok({"stop", "-t", "0"});
  CHECK(sandbox.ok({"ls", "-q"}).out.empty());
  CHECK(sandbox.ok({"ls", "--all", "-q"}).out == sandbox.project() + "\n");
  sandbox.finish();
}

TEST_CASE("images tells each container's image, as a table, as JSON and as ids without repeats") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  start(sandbox);
  const json rows = json::parse(sandbox.ok({"images", "--format", "json", "web"}).out);
  REQUIRE(rows.size() == 1);
  const json& row = rows.at(0);
  CHECK(keys(row) == std::vector<std::string>{"ContainerName", "Created", "ID", "LastTagTime", "Platform",
                                              "Repository", "Size", "Tag"});
  CHECK(row.at("ContainerName") == sandbox.project() + "-web-1");
  CHECK(row.at("Repository") == "busybox");
  CHECK(row.at("Tag") == "latest");
  CHECK(row.at("Size").is_number_integer());
  CHECK(row.at("ID").get<std::string>().rfind("sha256:", 0) == 0);
  CHECK(row.at("Platform").get<std::string>().rfind("linux/", 0) == 0);
  const std::string table = sandbox.ok({"images"}).out;
  size_t at = 0;
  for (const char* title : {"CONTAINER", "REPOSITORY", "TAG", "PLATFORM", "IMAGE ID", "SIZE", "CREATED"}) {
    const size_t next = table.find(title, at);
    REQUIRE(next < table.find('\n'));
    at = next;
  }
  CHECK(sandbox.ok({"images", "-q"}).out == row.at("ID").get<std::string>().substr(7) + "\n");
  sandbox.finish();
}

TEST_CASE("version gives the words, the bare number and the JSON that scripts look for") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string number = sandbox.ok({"version", "--short"}).out;
  CHECK(number.rfind("2.", 0) == 0);
  const std::string bare = number.substr(0, number.size() - 1);
  CHECK(sandbox.ok({"version"}).out.rfind("Docker Compose version v" + bare + " ", 0) == 0);
  CHECK(json::parse(sandbox.ok({"version", "--format", "json"}).out).at("version") == "v" + bare);
  CHECK(sandbox.ok({"version", "-f", "pretty"}).out == sandbox.ok({"--version"}).out);
  CHECK(sandbox.compose({"version", "-f", "xml"}).code == 1);
}

TEST_CASE("port prints one address, of the replica that is asked for") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  start(sandbox);
  CHECK(sandbox.ok({"port", "web", "80"}).out == "127.0.0.1:8101\n");
  CHECK(sandbox.ok({"port", "--index", "2", "twin", "80"}).out !=
        sandbox.ok({"port", "--index=1", "twin", "80"}).out);
  CHECK(sandbox.compose({"port", "--index", "3", "twin", "80"}).code == 1);
  const Output other = sandbox.compose({"port", "--protocol", "udp", "web", "80"});
  CHECK(other.code == 1);
  CHECK(other.err.find("no port 80/udp for container") != std::string::npos);
  sandbox.finish();
}

TEST_CASE("volumes lists the project's, those of services, and docker's fields of each") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  start(sandbox);
  const std::string name = sandbox.project() + "_data";
  CHECK(sandbox.ok({"volumes", "-q"}).out == name + "\n");
  CHECK(sandbox.ok({"volumes", "--quiet", "job"}).out.empty());
  CHECK(sandbox.ok({"volumes"}).out == "DRIVER   VOLUME NAME\nlocal    " + name + "\n");
  const json row = json::parse(sandbox.ok({"volumes", "--format", "json", "web"}).out);
  CHECK(keys(row) == std::vector<std::string>{"Availability", "Driver", "Group", "Labels", "Links",
                                              "Mountpoint", "Name", "Scope", "Size", "Status"});
  CHECK(row.at("Size") == "N/A");
  CHECK(row.at("Scope") == "local");
  CHECK(sandbox.ok({"volumes", "--format", "{{upper .Name}} {{.Driver}}"}).out.find(" local\n") !=
        std::string::npos);
  CHECK(sandbox.compose({"volumes", "nothing"}).code == 1);
  sandbox.finish();
}

TEST_CASE("templates have docker's functions, and table with titles") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  start(sandbox);
  const auto shown = [&](const std::string& format) {
    return plain(sandbox, sandbox.ok({"ps", "--format", format, "web"}).out);
  };
  CHECK(shown("{{json .Service}}") == "\"web\"\n");
  CHECK(shown("{{upper .Service}}{{lower \"A\"}}{{title \"b\"}}") == "WEBaB\n");
  CHECK(shown("{{join (split .Name \"-\") \"/\"}}") == "P/web/1\n");
  CHECK(shown("{{pad .Service 1 2}}|{{truncate .Service 2}}|{{len .Service}}") == " web  |we|3\n");
  CHECK(shown("{{.Label \"tier\"}}") == "front\n");
  CHECK(shown("table {{.Service}}\t{{.ExitCode}}") == "SERVICE   EXIT CODE\nweb       0\n");
  CHECK(shown("{{range .Publishers}}{{.PublishedPort}} {{end}}") == "8101 8102 0 \n");
  CHECK(shown("{{if eq .State \"running\"}}up{{else}}down{{end}}") == "up\n");
  CHECK(sandbox.compose({"ps", "--format", "{{.Nothing}}"}).code == 1);
  sandbox.finish();
}
