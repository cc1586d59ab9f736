#include "engine/monitor/control_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "engine/container/local_socket.h"
#include "engine/container/message.h"
#include "engine/container/run_files.h"
#include "sys/error.h"

namespace monitor {

ControlServer::ControlServer(const std::string& run_dir, ControlHandler& handler)
    : path_(engine::control_socket(run_dir)),
      handler_(handler),
      listener_(engine::listen_at(run_dir, "control")) {}

void ControlServer::add_to(std::vector<pollfd>& fds) const {
  fds.push_back({listener_.get(), POLLIN, 0});
  for (const Client& client : clients_) {
    fds.push_back({client.fd.get(), static_cast<short>(client.behind ? POLLIN | POLLOUT : POLLIN), 0});
  }
}

void ControlServer::serve(const pollfd* fds, size_t count) {
  // Clients first: accepting appends to the list the entries were made from. A request may have the handler
  // publish, so whoever is to go only loses the descriptor, and all go at the end.
  for (size_t i = 1; i < count; ++i) {
    const auto client = std::find_if(clients_.begin(), clients_.end(),
                                     [&](const Client& c) { return c.fd.get() == fds[i].fd; });
    if (fds[i].fd < 0 || client == clients_.end() || fds[i].revents == 0) continue;
    bool keep = true;
    if ((fds[i].revents & POLLOUT) != 0) keep = send_status(*client);
    if (keep && (fds[i].revents & ~POLLOUT) != 0) keep = serve_client(*client);
    if (keep) continue;
    handler_.detach(client->number);
    client->fd.reset();
    if (!client->mark.empty()) handler_.thaw(client->mark);
  }
  std::erase_if(clients_, [](const Client& client) { return !client.fd; });
  if (count > 0 && fds[0].revents != 0) accept_client();
}

void ControlServer::accept_client() {
  Client client;
  client.fd.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  client.number = next_number_++;
  if (client.fd) clients_.push_back(std::move(client));
}

bool ControlServer::send_status(Client& client) {
  client.behind = !engine::send_message(client.fd.get(), handler_.status_json());
  return !client.behind || errno == EAGAIN;
}

bool ControlServer::serve_client(Client& client) {
  std::optional<engine::Message> message;
  try {
    message = engine::receive_message(client.fd.get());
  } catch (const sys::Error& error) {
    return error.code() == EAGAIN;
  }
  if (!message) return false;
  const nlohmann::json request = nlohmann::json::parse(message->text, nullptr, false);
  nlohmann::json reply;
  try {
    const std::string op = request.at("op").get<std::string>();
    if (op == "kill") {
      reply["running"] = handler_.kill(request.at("signal").get<int>());
    } else if (op == "stop") {
      client.waits = Client::Waits::kStop;
      handler_.stop(request.at("signal").get<int>(), request.at("grace_ms").get<int64_t>());
      return true;
    } else if (op == "watch") {
      client.waits = Client::Waits::kStatus;
      return send_status(client);
    } else if (op == "attach") {
      const bool is_error = request.at("stream").get<std::string>() == "stderr";
      handler_.attach(client.number, is_error, std::move(message->fd));
      if (!is_error) return true;  // answered with the other one
      client.waits = Client::Waits::kEnd;
      return engine::send_message(client.fd.get(), R"({"ok":true})", handler_.input().get());
    } else if (op == "thaw after me") {
      client.mark = request.at("mark").get<std::string>();
      reply["ok"] = true;
    } else if (op == "paused") {
      handler_.note_pause();
      reply["ok"] = true;
    } else if (op == "resume") {
      handler_.resume();
      reply["ok"] = true;
    } else if (op == "reload networks") {
      handler_.reload_networks();
      reply["ok"] = true;
    } else {
      reply["error"] = "unknown operation " + op;
    }
  } catch (const std::exception& error) {
    reply["error"] = error.what();
  }
  return engine::send_message(client.fd.get(),
                              reply.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void ControlServer::publish() {
  for (Client& client : clients_) {
    if (client.fd && client.waits == Client::Waits::kStatus && !send_status(client)) client.fd.reset();
  }
}

void ControlServer::tell_attached(int exit_code) {
  const std::string text = nlohmann::json{{"exit", exit_code}}.dump();
  for (Client& client : clients_) {
    if (!client.fd || client.waits != Client::Waits::kEnd) continue;
    engine::send_message(client.fd.get(), text);
    client.waits = Client::Waits::kRequest;
  }
}

void ControlServer::let_go(int number) {
  for (Client& client : clients_) {
    if (!client.fd || client.number != number) continue;
    engine::send_message(client.fd.get(), engine::kTooSlowMessage);
    client.fd.reset();
  }
}

void ControlServer::unlink_socket() {
  ::unlink(path_.c_str());
}

void ControlServer::finish() {
  for (const Client& client : clients_) {
    if (client.waits == Client::Waits::kStop) engine::send_message(client.fd.get(), R"({"stopped":true})");
  }
  clients_.clear();
  listener_.reset();
}

}  // namespace monitor
