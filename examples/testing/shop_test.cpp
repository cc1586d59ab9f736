#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>

namespace {

// What a command prints.
std::string output(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string text;
  for (int byte; pipe && (byte = std::fgetc(pipe.get())) != EOF;) text += static_cast<char>(byte);
  return text;
}

// Where a container's port is on this machine: "0.0.0.0:32768".
std::string address(const std::string& service, int port) {
  std::string found = output(SHOP " port " + service + ' ' + std::to_string(port));
  while (!found.empty() && found.back() == '\n') found.pop_back();
  return found;
}

}  // namespace

TEST(Shop, ServesThePage) {
  EXPECT_EQ(output("curl -s http://" + address("web", 80) + '/'), "hello\n");
}

TEST(Shop, TellsAJobsExitCode) {
  const int status = std::system(SHOP " run --rm -T job sh -c 'exit 3'");
  EXPECT_EQ(WEXITSTATUS(status), 3);
}
