#include "netmgr/lb/connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

namespace netmgr::lb {
namespace {

// Blocks nobody uses; more than these go back to the allocator.
constexpr size_t kSpareBlocks = 1024;

using Block = std::unique_ptr<char[]>;

std::vector<Block>& spare_blocks() {
  static std::vector<Block> blocks;
  return blocks;
}

char* take_block() {
  std::vector<Block>& blocks = spare_blocks();
  if (blocks.empty()) return Block(new char[kBlockSize]).release();
  char* block = blocks.back().release();
  blocks.pop_back();
  return block;
}

void give_block(char* block) {
  Block owner(block);
  if (spare_blocks().size() < kSpareBlocks) spare_blocks().push_back(std::move(owner));
}

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

Connection::~Connection() {
  release();
}

void Connection::release() {
  if (block_ != nullptr) give_block(block_);
  block_ = nullptr;
  begin_ = end_ = 0;
}

void Connection::close() {
  release();
  pending_ = {};
  readable_ = false;
  fd_.reset();
}

void Connection::note(uint32_t events) {
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) readable_ = true;
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) hung_up_ = true;
  if ((events & EPOLLOUT) != 0) writable_ = true;
}

Connection::Read Connection::read() {
  if (!readable_) return Read::kNothing;
  if (block_ == nullptr) block_ = take_block();
  if (end_ == kBlockSize && begin_ > 0) {
    std::memmove(block_, block_ + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const size_t room = kBlockSize - end_;
  if (room == 0) return Read::kFull;
  const ssize_t size = ::recv(fd_.get(), block_ + end_, room, 0);
  if (size > 0) {
    // A short read has emptied the socket, and an edge tells of more; but an end already told of is told
    // once.
    if (static_cast<size_t>(size) < room && !hung_up_) readable_ = false;
    end_ += static_cast<uint32_t>(size);
    return Read::kSome;
  }
  const int failure = errno;
  if (begin_ == end_) release();
  if (size == 0) {
    ended_ = true;
    readable_ = false;
    return Read::kEnd;
  }
  if (failure == EAGAIN || failure == EINTR) {
    if (failure == EAGAIN) readable_ = false;
    return Read::kNothing;
  }
  readable_ = false;
  return Read::kFailed;
}

void Connection::consume(size_t size) {
  begin_ += static_cast<uint32_t>(size);
  if (begin_ == end_) release();
}

bool Connection::send(std::string_view first, std::string_view second) {
  size_t sent = 0;
  if (pending_.empty() && writable_) {
    std::array<iovec, 2> parts{
        {{const_cast<char*>(first.data()), first.size()}, {const_cast<char*>(second.data()), second.size()}}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = second.empty() ? 1 : 2;
    const ssize_t size = ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
    if (size < 0 && !would_block()) return false;
    sent = size < 0 ? 0 : static_cast<size_t>(size);
  }
  if (sent == first.size() + second.size()) return true;
  writable_ = false;
  if (sent < first.size()) {
    pending_.append(first.substr(sent));
    pending_.append(second);
  } else {
    pending_.append(second.substr(sent - first.size()));
  }
  return true;
}

bool Connection::flush() {
  if (pending_.empty() || !writable_) return true;
  const ssize_t size = ::send(fd_.get(), pending_.data(), pending_.size(), MSG_NOSIGNAL);
  if (size < 0 && !would_block()) return false;
  if (size > 0) pending_.erase(0, static_cast<size_t>(size));
  if (!pending_.empty()) writable_ = false;
  if (pending_.empty()) pending_ = {};
  return true;
}

}  // namespace netmgr::lb
