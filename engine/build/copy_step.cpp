// COPY and ADD.
#include "engine/build/field_digest.h"
#include "engine/build/paths.h"
#include "engine/build/solver.h"
#include "engine/error.h"
#include "sys/error.h"

namespace engine::build {
namespace {

constexpr const char* kMemoVersion = "memo1-";
constexpr const char* kTreeVersion = "tree1-";

bool names_folder(const std::string& destination) {
  const std::string last = base_name(destination);
  return last.empty() || last == "." || last == "..";
}

CopyOptions options_of(const Copy& copy, const StageState& state, const Expander& expand,
                       const Place& place) {
  CopyOptions options;
  const std::string destination = expand.word(copy.destination, place);
  options.destination = path_below(state.config.working_dir, destination);
  options.into_folder = names_folder(destination);
  options.unpack = copy.add;
  const std::string chown = expand.word(copy.chown, place);
  if (!chown.empty()) options.owner = resolve_owner(chown, state.view());
  const std::string chmod = expand.word(copy.chmod, place);
  if (!chmod.empty()) {
    options.mode = parse_mode(chmod);
    if (!options.mode) {
      throw Error(Error::Kind::kInvalid,
                  "--chmod=" + chmod + " is not three or four octal digits, such as 0755");
    }
  }
  return options;
}

std::string memo_key(const BuildRequest& request) {
  return kMemoVersion + FieldDigest().add(request.context).add(request.dockerfile).add(request.target).hex();
}

}  // namespace

std::shared_ptr<CopySource> Solver::copy_source(const Instruction& step, const Copy& copy, size_t stage,
                                                std::string& identity) {
  if (copy.from.empty()) {
    const std::lock_guard<std::mutex> lock(context_mutex_);
    if (!context_) context_ = std::make_shared<CopySource>(CopySource::context(request_.context, rules_));
    return context_;
  }
  std::vector<std::string> lower_dirs;
  if (const auto index = stage_of(file_, copy.from, stage, step.place)) {
    lower_dirs = built_.at(*index).lower_dirs;
    identity = built_.at(*index).chain;
  } else {
    const StoredImage image = require_image(store_, copy.from, step.place);
    lower_dirs = image.lower_dirs;
    identity = image.chain_ids.empty() ? "" : image.chain_ids.back();
  }
  if (lower_dirs.empty()) fail_at(step.place, "COPY --from=" + copy.from + ": it has no files");
  return std::make_shared<CopySource>(CopySource::layers(lower_dirs));
}

std::string Solver::digest_items(const CopySource& source, const std::vector<CopySource::Item>& items,
                                 const std::string& identity, const std::string& pattern) {
  // Layers do not change, so a digest over what a pattern names in them holds for as long as they are there.
  const std::string key = kTreeVersion + FieldDigest().add(identity).add(pattern).hex();
  if (!source.is_context()) {
    cache_.note(key);
    if (auto known = store_.cache_get(key)) return *known;
  }
  std::unique_lock<std::mutex> lock(memo_mutex_, std::defer_lock);
  if (source.is_context()) {
    lock.lock();
    if (!memo_) memo_.emplace(store_.cache_get(memo_key(request_)).value_or(""));
  }
  DigestMemo unused;
  FieldDigest digest;
  for (const CopySource::Item& item : items) {
    digest.add(digest_item(source, item, source.is_context() ? *memo_ : unused));
  }
  const std::string hex = digest.hex();
  if (!source.is_context()) store_.cache_put(key, hex, identity);
  return hex;
}

void Solver::save_memo() {
  if (memo_) cache_.note(memo_key(request_));
  if (memo_ && memo_->changed()) store_.cache_put(memo_key(request_), memo_->to_text(), "");
}

Solver::CopyWork Solver::prepare_copy(const Instruction& step, const Copy& copy, const StageState& state,
                                      size_t stage, const Expander& expand) {
  CopyWork work;
  work.options = options_of(copy, state, expand, step.place);
  std::string identity;
  work.source = copy_source(step, copy, stage, identity);
  const CopyOptions& options = work.options;
  const Owner owner = options.owner.value_or(Owner{});
  FieldDigest key;
  key.add(copy.add ? "ADD" : "COPY")
      .add(state.chain)
      .add(options.destination)
      .add(options.into_folder ? 1 : 0);
  key.add(options.owner ? 1 : 0).add(owner.uid).add(owner.gid);
  key.add(options.mode ? 1 : 0).add(options.mode.value_or(0));
  for (const std::string& raw : copy.sources) {
    const std::string pattern = expand.word(raw, step.place);
    std::vector<CopySource::Item> found = work.source->find(pattern);
    key.add("item").add(digest_items(*work.source, found, identity, pattern));
    for (CopySource::Item& item : found) work.items.push_back(std::move(item));
  }
  for (const Heredoc& doc : copy.files) {
    work.files.push_back({doc.name, doc.expand ? expand.content(doc.content, step.place) : doc.content});
    key.add("inline").add(work.files.back().name).add(work.files.back().content);
  }
  work.key = key.hex();
  return work;
}

Solver::LayerStep Solver::copy_step(const Instruction& step, const Copy& copy, const StageState& state,
                                    size_t stage, const Expander& expand) {
  const std::string keyword = copy.add ? "ADD" : "COPY";
  const auto placed = [&step, keyword](const auto& body) {
    const std::string prefix = step.place.to_string() + ": ";
    try {
      return body();
    } catch (const Error& error) {
      const std::string what = error.what();
      throw Error(error.kind(), what.starts_with(prefix) ? what : prefix + keyword + ": " + what);
    } catch (const sys::Error& error) {
      throw Error(Error::Kind::kInternal, prefix + keyword + ": " + error.what());
    }
  };
  const CopyWork work = placed([&] { return prepare_copy(step, copy, state, stage, expand); });
  LayerStep out;
  out.key = work.key;
  out.created_by = step.text.substr(0, step.text.find('\n'));
  out.make = [=, this, &step, &copy, &state, &expand](ImageStore::Draft& draft) {
    return placed([&] {
      LayerWriter writer(draft.diff(), state.lower_dirs);
      copy_items(*work.source, work.items, work.files, work.options, writer, draft.work() + "/unpacked");
      if (!work.source->is_context()) return true;
      // The user may have changed a file between its digest and its copy.
      if (prepare_copy(step, copy, state, stage, expand).key == work.key) return true;
      warn(step.place.to_string() + ": " + keyword + ": the build context changed while it was copied");
      return false;
    });
  };
  return out;
}

}  // namespace engine::build
