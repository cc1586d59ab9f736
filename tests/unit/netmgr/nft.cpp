#include "nft.h"

#include <nftables/libnftables.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>

#include "netmgr/namespace_scope.h"
#include "sys/error.h"

namespace netmgr::nft {
namespace {

// A context holds a netlink socket, which belongs to the namespace it was made in.
class Context {
 public:
  Context() {
    const sys::Fd netns = current_namespace();
    sys::check(::fstat(netns.get(), &namespace_), "fstat", "network namespace");
    handle_.reset(nft_ctx_new(NFT_CTX_DEFAULT));
    if (!handle_) throw sys::Error(ENOMEM, "nft_ctx_new", "nftables");
    nft_ctx_buffer_output(handle_.get());
    nft_ctx_buffer_error(handle_.get());
  }

  // The socket keeps the namespace alive, so its inode number is not given to another meanwhile.
  bool is_for_this_namespace() const {
    const sys::Fd netns = current_namespace();
    struct stat now {};
    sys::check(::fstat(netns.get(), &now), "fstat", "network namespace");
    return now.st_dev == namespace_.st_dev && now.st_ino == namespace_.st_ino;
  }

  nft_ctx* get() const { return handle_.get(); }

 private:
  struct Free {
    void operator()(nft_ctx* context) const { nft_ctx_free(context); }
  };
  std::unique_ptr<nft_ctx, Free> handle_;
  struct stat namespace_ {};
};

// Lives as long as the program: making one costs more than most commands.
struct Shared {
  std::mutex mutex;
  std::unique_ptr<Context> context;

  nft_ctx* get() {
    if (!context || !context->is_for_this_namespace()) context = std::make_unique<Context>();
    return context->get();
  }
};

Shared& shared() {
  static Shared instance;
  return instance;
}

// Reading the buffers empties them of what an earlier command has left.
void prepare(nft_ctx* context, unsigned output_flags) {
  nft_ctx_get_output_buffer(context);
  nft_ctx_get_error_buffer(context);
  nft_ctx_output_set_flags(context, output_flags);
}

// libnftables reports only text, in which the kernel's reason is strerror's.
int errno_in(const std::string& text) {
  for (const int error : {EEXIST, ENOENT, EPERM, EBUSY, EOPNOTSUPP, ENOBUFS, ENOMEM, ENFILE, EINTR, EAGAIN}) {
    if (text.find(std::strerror(error)) != std::string::npos) return error;  // NOLINT(concurrency-mt-unsafe)
  }
  return EINVAL;
}

[[noreturn]] void fail(int error, const std::string& text, const std::string& object) {
  const std::string first = text.substr(0, text.find('\n'));
  throw sys::Error(error, "nftables (" + first + ")", object);
}

}  // namespace

int run(const std::string& commands, const std::string& object, std::initializer_list<int> tolerated) {
  Shared& state = shared();
  const std::lock_guard lock(state.mutex);
  nft_ctx* context = state.get();
  prepare(context, 0);
  if (nft_run_cmd_from_buffer(context, commands.c_str()) == 0) return 0;
  const std::string text = nft_ctx_get_error_buffer(context);
  const int error = errno_in(text);
  if (std::find(tolerated.begin(), tolerated.end(), error) != tolerated.end()) return error;
  fail(error, text, object);
}

std::string list(const std::string& command, const std::string& object) {
  Shared& state = shared();
  const std::lock_guard lock(state.mutex);
  nft_ctx* context = state.get();
  prepare(context, NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_NUMERIC_PROTO);
  if (nft_run_cmd_from_buffer(context, command.c_str()) == 0) return nft_ctx_get_output_buffer(context);
  const std::string text = nft_ctx_get_error_buffer(context);
  if (errno_in(text) == ENOENT) return {};
  fail(errno_in(text), text, object);
}

}  // namespace netmgr::nft
