#include "engine/container/exec_order.h"

#include <nlohmann/json.hpp>

#include "engine/error.h"

namespace engine {

std::string to_json(const ExecOrder& order) {
  const nlohmann::json document = {
      {"run_dir", order.run_dir}, {"pid", order.container.pid}, {"start_time", order.container.start_time},
      {"args", order.args},       {"env", order.env},           {"working_dir", order.working_dir},
      {"user", order.user},       {"rows", order.rows},         {"columns", order.columns},
      {"tty", order.tty},         {"detach", order.detach},     {"privileged", order.privileged}};
  try {
    return document.dump();
  } catch (const nlohmann::json::exception& error) {
    throw Error(Error::Kind::kInvalid,
                std::string("a word of the command is not valid UTF-8: ") + error.what());
  }
}

ExecOrder exec_order_from_json(const std::string& text) {
  ExecOrder order;
  try {
    const nlohmann::json document = nlohmann::json::parse(text);
    document.at("run_dir").get_to(order.run_dir);
    document.at("pid").get_to(order.container.pid);
    document.at("start_time").get_to(order.container.start_time);
    document.at("args").get_to(order.args);
    document.at("env").get_to(order.env);
    document.at("working_dir").get_to(order.working_dir);
    document.at("user").get_to(order.user);
    document.at("rows").get_to(order.rows);
    document.at("columns").get_to(order.columns);
    document.at("tty").get_to(order.tty);
    document.at("detach").get_to(order.detach);
    document.at("privileged").get_to(order.privileged);
  } catch (const nlohmann::json::exception& error) {
    throw Error(Error::Kind::kInvalid, std::string("exec order: ") + error.what());
  }
  return order;
}

}  // namespace engine
