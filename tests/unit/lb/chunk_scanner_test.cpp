#include "netmgr/lb/chunk_scanner.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using netmgr::lb::ChunkScanner;
using Result = ChunkScanner::Result;

TEST_CASE("a chunked body ends at the same place however it is cut") {
  const std::string body = "4;x=\"y\"\r\nWiki\r\n0a\r\n0123456789\r\n0\r\nA: b\r\n\r\n";
  const std::string bytes = body + "GET / HTTP/1.1";
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    ChunkScanner scanner;
    size_t used = 0;
    Result result = scanner.scan(std::string_view(bytes).substr(0, cut), used);
    size_t total = used;
    if (result == Result::kMore) {
      REQUIRE(used == cut);
      result = scanner.scan(std::string_view(bytes).substr(cut), used);
      total += used;
    }
    CHECK(result == Result::kDone);
    CHECK(total == body.size());
  }
}

TEST_CASE("chunks that are not well formed are refused") {
  const std::vector<std::string> bad = {"\r\n",
                                        "g\r\n",
                                        "-1\r\n",
                                        "0x1\r\na\r\n",
                                        "1\na\r\n",
                                        "1 \r\na\r\n",
                                        "1\r\nab\r\n",
                                        "1\r\na\n",
                                        "1\r\na0\r\n",
                                        "1;a\nb\r\na\r\n",
                                        "1;\x01\r\na\r\n",
                                        "0\r\nA\r\n\r\n",
                                        "0\r\n : b\r\n\r\n",
                                        "0\r\n\n",
                                        "0\r\nA: b\n\r\n",
                                        "1111111111111111\r\n",
                                        "0\r\nA : b\r\n\r\n",
                                        "1\r\r\na\r\n"};
  for (const std::string& bytes : bad) {
    ChunkScanner scanner;
    size_t used = 0;
    INFO(bytes);
    CHECK(scanner.scan(bytes, used) == Result::kBad);
  }
}

TEST_CASE("extensions and trailers without end are refused") {
  ChunkScanner scanner;
  size_t used = 0;
  CHECK(scanner.scan("1;" + std::string(20000, 'a'), used) == Result::kBad);
}
