#include "netmgr/lb/connection.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
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
  tls_.reset();
  fd_.reset();
}

void Connection::end_sending() {
  if (tls_ && SSL_is_init_finished(tls_.get()) == 1) SSL_shutdown(tls_.get());
  ERR_clear_error();
  ::shutdown(fd_.get(), SHUT_WR);
}

void Connection::note(uint32_t events) {
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) readable_ = true;
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) hung_up_ = true;
  // A hang-up alone also tells of two ends in turn, with bytes before the second.
  if ((events & EPOLLERR) != 0) broken_ = true;
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
  if (tls_) return read_tls(room);
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

Connection::Read Connection::read_tls(size_t room) {
  ERR_clear_error();
  const int size = SSL_read(tls_.get(), block_ + end_, static_cast<int>(room));
  if (size > 0) {
    end_ +=
        static_cast<uint32_t>(size);  // there may be more within TLS: the socket is asked until it is empty
    return Read::kSome;
  }
  const bool in_handshake = SSL_is_init_finished(tls_.get()) == 0;
  const int error = SSL_get_error(tls_.get(), size);
  if (begin_ == end_) release();
  switch (error) {
    case SSL_ERROR_WANT_READ:
      readable_ = false;
      return Read::kNothing;
    case SSL_ERROR_WANT_WRITE:
      return Read::kNothing;  // asked again with the next event, which tells of room
    case SSL_ERROR_ZERO_RETURN:
      ended_ = true;
      readable_ = false;
      return Read::kEnd;
    default:
      handshake_failed_ = in_handshake;
      readable_ = false;
      return Read::kFailed;
  }
}

ssize_t Connection::send_tls(std::string_view bytes) {
  size_t sent = 0;
  while (sent < bytes.size()) {
    ERR_clear_error();
    const int size = SSL_write(tls_.get(), bytes.data() + sent, static_cast<int>(bytes.size() - sent));
    if (size > 0) {
      sent += static_cast<size_t>(size);
      continue;
    }
    const int error = SSL_get_error(tls_.get(), size);
    if (error != SSL_ERROR_WANT_WRITE && error != SSL_ERROR_WANT_READ) return -1;
    break;
  }
  return static_cast<ssize_t>(sent);
}

void Connection::consume(size_t size) {
  begin_ += static_cast<uint32_t>(size);
  if (begin_ == end_) release();
}

bool Connection::replace(size_t size, std::string_view bytes) {
  const std::string all = std::string(bytes).append(input().substr(size));
  if (all.size() > kBlockSize) return false;
  std::memcpy(block_, all.data(), all.size());
  begin_ = 0;
  end_ = static_cast<uint32_t>(all.size());
  return true;
}

bool Connection::send(std::string_view first, std::string_view second) {
  size_t sent = 0;
  if (pending_.empty() && writable_ && tls_) {
    // One record instead of two.
    thread_local std::string joined;
    if (!second.empty()) joined.assign(first).append(second);
    const ssize_t size = send_tls(second.empty() ? first : std::string_view(joined));
    if (size < 0) return false;
    sent = static_cast<size_t>(size);
  } else if (pending_.empty() && writable_) {
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
  const ssize_t size =
      tls_ ? send_tls(pending_) : ::send(fd_.get(), pending_.data(), pending_.size(), MSG_NOSIGNAL);
  if (size < 0 && (tls_ || !would_block())) return false;
  if (size > 0) pending_.erase(0, static_cast<size_t>(size));
  if (!pending_.empty()) writable_ = false;
  if (pending_.empty()) pending_ = {};
  return true;
}

}  // namespace netmgr::lb
