#include "compose/ui/layer_list.h"

#include <catch2/catch.hpp>

#include "compose/ui/text.h"

using compose::ui::LayerList;
using State = engine::LayerEvent::State;

TEST_CASE("layers at work have a line each, settled and waiting ones are only counted") {
  LayerList layers;
  layers.change({"aaaaaaaaaaaa", State::kDownloading, 10'000'000, 40'000'000, 0, ""});
  layers.change({"bbbbbbbbbbbb", State::kWaiting, 0, 0, 0, ""});
  layers.change({"cccccccccccc", State::kExists, 0, 0, 0, ""});
  CHECK(layers.summary() == "1/3 layers, 10MB of 40MB");
  CHECK(layers.picture(80) ==
        std::vector<std::string>{"aaaaaaaaaaaa Downloading  [======>                 ] 10MB/40MB"});
  layers.change({"aaaaaaaaaaaa", State::kExtracting, 0, 0, 0, ""});
  CHECK(layers.summary() == "1/3 layers, 40MB of 40MB");
  CHECK(layers.picture(80) == std::vector<std::string>{"aaaaaaaaaaaa Extracting  "});
  layers.change({"aaaaaaaaaaaa", State::kDone, 0, 0, 0, ""});
  CHECK(layers.summary() == "2/3 layers, 40MB of 40MB");
  CHECK(layers.picture(80).empty());
}

TEST_CASE("a layer's line never exceeds the screen, the bar goes first") {
  LayerList layers;
  layers.change({"aaaaaaaaaaaa", State::kPushing, 10'000'000, 40'000'000, 0, ""});
  CHECK(layers.picture(50) == std::vector<std::string>{"aaaaaaaaaaaa Pushing      10MB/40MB"});
  for (size_t columns = 1; columns < 80; ++columns)
    CHECK(compose::ui::display_width(layers.picture(columns).at(0)) <= columns);
}

TEST_CASE("what is sent while its size is not known yet, more than was told, and none at all") {
  LayerList layers;
  layers.change({"aaaaaaaaaaaa", State::kPushing, 5'000, 0, 0, ""});
  CHECK(layers.picture(80) == std::vector<std::string>{"aaaaaaaaaaaa Pushing      5kB"});
  layers.change({"aaaaaaaaaaaa", State::kPushing, 9'000, 6'000, 0, ""});
  CHECK(layers.picture(80).at(0).find("=======================>]") != std::string::npos);
}

TEST_CASE("words of a layer, a retry with its reason and what was mounted from where") {
  CHECK(compose::ui::layer_text({"a", State::kRetrying, 0, 0, 4, "connection reset"}) ==
        "Retrying in 4 s: connection reset");
  CHECK(compose::ui::layer_text({"a", State::kMounted, 0, 0, 0, "library/busybox"}) ==
        "Mounted from library/busybox");
  CHECK(compose::ui::layer_text({"a", State::kExists, 0, 0, 0, ""}) == "Already exists");
}
