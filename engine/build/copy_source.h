#pragma once
// What COPY and ADD take from: the build context or the file system of a stage or image.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/build/ignore.h"
#include "engine/build/layered_view.h"

namespace engine::build {

class CopySource {
 public:
  // The build context: nothing outside it is reachable, whatever links it has. Throws
  // engine::Error(kNotFound) when there is no such folder.
  static CopySource context(const std::string& folder, IgnoreRules rules);
  // A file system by its layers, topmost first.
  static CopySource layers(const std::vector<std::string>& lower_dirs);

  // A named entry on the way to an item.
  struct Step {
    std::string name;
    LayeredView::Node node;
  };
  struct Item {
    std::string name;         // last component as the user names it, for a destination that is a folder
    LayeredView::Node node;   // a link given by name is followed
    std::vector<Step> above;  // with kParents: the folders from the pivot down to it
  };
  enum class Match {
    kPlain,    // `*` stays within a component
    kParents,  // COPY --parents: a component `**` is any number of folders; "/./" is the pivot
  };
  // The items that `pattern` names: a path or one with wildcards (Go filepath.Match, component by component)
  // in byte order. Throws engine::Error(kInvalid), without a place, when there are none or a path leads
  // outside.
  std::vector<Item> find(const std::string& pattern, Match match = Match::kPlain) const;

  // A folder's entries without the ignored ones. An ignored folder is there when something below it is not.
  std::vector<LayeredView::Node> children(const LayeredView::Node& folder) const;

  // `check` is called in the course of anything long, such as reading a large file, and ends it by throwing.
  void interruptible(std::function<void()> check) { check_ = std::move(check); }
  void check() const {
    if (check_) check_();
  }

  const LayeredView& view() const { return view_; }
  // The user's own files: they become root's. Those of an image keep their owners.
  bool is_context() const { return is_context_; }

 private:
  CopySource(LayeredView view, IgnoreRules rules, bool is_context)
      : view_(std::move(view)), rules_(std::move(rules)), is_context_(is_context) {}
  bool visible(const LayeredView::Node& node) const;
  bool visible(const std::string& path, bool is_dir) const;
  // Whether an ignored folder has something below it that is not.
  bool holds_included(const LayeredView::Node& folder) const;
  std::optional<Item> follow(const LayeredView::Node& node, const std::string& name) const;
  // The items one component below `item`.
  std::vector<Item> below(const Item& item, const std::string& component) const;
  // `item` and all folders below it, links not followed. `keep_item`, `keep_rest`: the item, and the folders
  // below it, are on the way that is kept.
  void with_folders_below(const Item& item, bool keep_item, bool keep_rest, std::vector<Item>& out) const;
  // As follow(), but a link that leads nowhere or outside stands for itself: nobody named it.
  std::optional<Item> follow_match(const LayeredView::Node& node, const std::string& name) const;
  static void remove_doubles(std::vector<Item>& items);
  [[noreturn]] void nothing(const std::string& pattern) const;

  LayeredView view_;
  IgnoreRules rules_;
  bool is_context_;
  std::function<void()> check_;
};

}  // namespace engine::build
