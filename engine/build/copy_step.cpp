// COPY and ADD.
#include <algorithm>
#include <stdexcept>

#include "engine/build/dockerfile_source.h"
#include "engine/build/field_digest.h"
#include "engine/build/paths.h"
#include "engine/build/solver.h"
#include "engine/error.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine::build {
namespace {

constexpr const char* kMemoVersion = "memo1-";
constexpr const char* kTreeVersion = "tree2-";

bool names_folder(const std::string& destination) {
  const std::string last = base_name(destination);
  return last.empty() || last == "." || last == "..";
}

Exclusion exclusion_of(const Copy& copy, const Expander& expand, const Place& place) {
  std::vector<std::string> patterns;
  for (const std::string& raw : copy.exclude) patterns.push_back(expand.word(raw, place));
  try {
    return Exclusion(IgnoreRules(patterns));
  } catch (const std::invalid_argument& error) {
    throw Error(Error::Kind::kInvalid, std::string("--exclude: ") + error.what());
  }
}

CopyOptions options_of(const Copy& copy, const StageState& state, const Expander& expand,
                       const Place& place) {
  CopyOptions options;
  const std::string destination = expand.word(copy.destination, place);
  options.destination = path_below(state.config.working_dir, destination);
  options.into_folder = names_folder(destination);
  options.parents = copy.parents;
  options.exclude = exclusion_of(copy, expand, place);
  const std::string chown = expand.word(copy.chown, place);
  if (!chown.empty()) options.owner = resolve_owner(chown, state.view());
  const std::string chmod = expand.word(copy.chmod, place);
  if (!chmod.empty()) {
    options.mode = ModeChange::parse(chmod);
    if (!options.mode) {
      throw Error(Error::Kind::kInvalid, "--chmod=" + chmod +
                                             " is neither octal digits, such as 0755, nor a change of modes, "
                                             "such as u=rwX,go=rX");
    }
  }
  return options;
}

// Everything but the sources.
void add_options(FieldDigest& key, const Copy& copy, const CopyOptions& options) {
  const Owner owner = options.owner.value_or(Owner{});
  key.add(options.destination).add(options.into_folder ? 1 : 0);
  key.add(options.owner ? 1 : 0).add(owner.uid).add(owner.gid);
  key.add(options.mode ? options.mode->text() : "");
  key.add(copy.link ? 1 : 0).add(copy.parents ? 1 : 0).add(copy.unpack ? 1 : 0);
  key.add(copy.unpack_remote ? 1 : 0).add(uint64_t{copy.exclude.size()});
  for (const std::string& pattern : copy.exclude) key.add(pattern);
}

[[noreturn]] void refuse_git(const std::string& source) {
  throw Error(Error::Kind::kInvalid, "the git repository " + source +
                                         " cannot be added: git is not supported here; clone it in a RUN, or "
                                         "make it a folder of the build context");
}

// What an item's digest depends on beside the item.
std::string pattern_key(const Copy& copy, const std::string& pattern) {
  FieldDigest key;
  key.add(pattern).add(copy.parents ? 1 : 0);
  for (const std::string& excluded : copy.exclude) key.add(excluded);
  return key.hex();
}

std::string memo_key(const BuildRequest& request) {
  return kMemoVersion + FieldDigest().add(request.context).add(request.dockerfile).add(request.target).hex();
}

}  // namespace

std::shared_ptr<CopySource> Solver::copy_source(const Instruction& step, const Copy& copy, size_t stage,
                                                std::string& identity) {
  if (copy.from.empty()) return context_at(request_.context);
  const NamedContext* named = find_context(request_.contexts, copy.from);
  if (named != nullptr && named->kind == NamedContext::Kind::kFolder) return context_at(named->value);
  std::vector<std::string> lower_dirs;
  const auto index = named == nullptr ? stage_of(file_, copy.from, stage, step.place) : std::nullopt;
  if (index) {
    lower_dirs = built_.at(*index).lower_dirs;
    identity = built_.at(*index).chain;
  } else {
    const StoredImage image = require_image(store_, named ? named->value : copy.from, step.place);
    lower_dirs = image.lower_dirs;
    identity = image.chain_ids.empty() ? "" : image.chain_ids.back();
  }
  if (lower_dirs.empty()) fail_at(step.place, "COPY --from=" + copy.from + ": it has no files");
  return interruptible(CopySource::layers(lower_dirs));
}

// Files of any size are read and copied in it.
std::shared_ptr<CopySource> Solver::interruptible(CopySource source) {
  source.interruptible([this] {
    if (stop_.stopped()) throw Error(Error::Kind::kUnavailable, "the build was cancelled");
  });
  return std::make_shared<CopySource>(std::move(source));
}

std::shared_ptr<CopySource> Solver::context_at(const std::string& folder) {
  const std::lock_guard<std::mutex> lock(context_mutex_);
  std::shared_ptr<CopySource>& known = contexts_[folder];
  if (!known) {
    IgnoreRules rules = folder == request_.context ? rules_ : read_ignore_rules_of(folder);
    known = interruptible(CopySource::context(folder, std::move(rules)));
  }
  return known;
}

std::string Solver::digest_items(const CopyPart& part, const CopyOptions& options,
                                 const std::string& identity, const std::string& pattern) {
  const CopySource& source = *part.source;
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
  for (const CopySource::Item& item : part.items) {
    digest.add(digest_item(source, item, options.exclude, source.is_context() ? *memo_ : unused));
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
                                      size_t stage, const Expander& expand, RemoteFiles& remote) {
  CopyWork work;
  work.options = options_of(copy, state, expand, step.place);
  FieldDigest key;
  key.add(copy.add ? "ADD" : "COPY").add(state.chain);
  add_options(key, copy, work.options);
  for (const std::string& raw : copy.sources) {
    const std::string pattern = expand.word(raw, step.place);
    const SourceKind kind = copy.add ? source_kind(pattern) : SourceKind::kPath;
    if (kind == SourceKind::kGit) refuse_git(pattern);
    if (kind == SourceKind::kUrl) {
      add_remote(work, copy, pattern, remote, key);
      continue;
    }
    if (!copy.checksum.empty()) {
      throw Error(Error::Kind::kInvalid, "--checksum is for URLs, and '" + pattern + "' is none");
    }
    std::string identity;
    CopyPart part{copy_source(step, copy, stage, identity), {}, copy.unpack};
    const auto match = copy.parents ? CopySource::Match::kParents : CopySource::Match::kPlain;
    for (CopySource::Item& item : part.source->find(pattern, match)) {
      if (work.options.exclude.hides_source(item.name, item.node.is_dir())) continue;
      part.items.push_back(std::move(item));
    }
    key.add("item").add(digest_items(part, work.options, identity, pattern_key(copy, pattern)));
    work.parts.push_back(std::move(part));
  }
  for (const Heredoc& doc : copy.files) {
    work.files.push_back({doc.name, doc.expand ? expand.content(doc.content, step.place) : doc.content});
    key.add("inline").add(work.files.back().name).add(work.files.back().content);
  }
  work.key = key.hex();
  return work;
}

void Solver::add_remote(CopyWork& work, const Copy& copy, const std::string& url, RemoteFiles& remote,
                        FieldDigest& key) {
  std::shared_ptr<RemoteFile>& file = remote[url];
  if (!file) {
    file = std::make_shared<RemoteFile>(store_, downloader_, url, copy.checksum, !request_.no_cache);
    cache_.note(file->memo_key());
  }
  key.add("url").add(file->name()).add(file->identity(observer_.cancel_fd()));
  // Its place among the sources; the file comes when the step is made.
  work.parts.push_back({nullptr, {}, copy.unpack_remote});
  work.remote.emplace(work.parts.size() - 1, file);
}

std::vector<CopyPart> Solver::with_remote(const CopyWork& work) const {
  std::vector<CopyPart> parts = work.parts;
  for (const auto& [index, file] : work.remote) {
    auto source = std::make_shared<CopySource>(CopySource::layers({file->folder(observer_.cancel_fd())}));
    parts[index].items = {{file->name(), *source->view().child(source->view().root(), file->name()), {}}};
    parts[index].source = std::move(source);
  }
  return parts;
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
  const auto remote = std::make_shared<RemoteFiles>();
  const CopyWork work = placed([&] { return prepare_copy(step, copy, state, stage, expand, *remote); });
  LayerStep out;
  out.key = work.key;
  out.created_by = step.text.substr(0, step.text.find('\n'));
  out.make = [=, this, &step, &copy, &state, &expand](ImageStore::Draft& draft) {
    return placed([&] {
      LayerWriter writer(draft.diff(), state.lower_dirs,
                         copy.link ? LayerWriter::Below::kUnseen : LayerWriter::Below::kSeen);
      copy_items(with_remote(work), work.files, work.options, writer, draft.work() + "/unpacked");
      const auto from_context = [](const CopyPart& part) { return part.source && part.source->is_context(); };
      if (std::none_of(work.parts.begin(), work.parts.end(), from_context)) return true;
      // The user may have changed a file between its digest and its copy.
      if (prepare_copy(step, copy, state, stage, expand, *remote).key == work.key) return true;
      warn(step.place.to_string() + ": " + keyword + ": the build context changed while it was copied");
      return false;
    });
  };
  return out;
}

}  // namespace engine::build
