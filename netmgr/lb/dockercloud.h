#pragma once
// The balancer's configuration out of what users of the image dockercloud/haproxy write: environment
// variables of the balancer and of the services behind it, with that image's names, defaults and meaning (its
// README, and HAProxy's manual for the words within them). Pure: no file is read and nothing is asked.
//
// Without VIRTUAL_HOST anywhere all services make one backend behind port 80, and 443 where there is a
// certificate. With it each service that has one gets a backend of its own behind the ports its hosts name
// (80, or 443 for https and wss); the others are the default, unless FORCE_DEFAULT_BACKEND is False. Services
// with the same VIRTUAL_HOST are one. Beside what that image has: SERVICE_PORTS of the balancer are the ports
// of all services, instead of those they expose, and HTTP_CHECK of the balancer is for those without their
// own. Hosts are looked at by VIRTUAL_HOST_WEIGHT, highest first; among equals those without wildcards first,
// then the longer. TCP_PORTS get a frontend and a backend each.
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "netmgr/lb/config.h"

namespace netmgr::lb {

using Environment = std::map<std::string, std::string>;

struct ServiceEndpoint {
  std::string name;      // of the container: the server's name
  std::string address;   // numeric, without port
  bool drain = false;    // it is to go: it gets no new request
  bool reserve = false;  // it gets requests only while no other one can have them
};

struct BalancedService {
  std::string name;
  std::map<std::string, std::string> labels;
  Environment environment;
  std::vector<uint16_t> ports;  // exposed ones, TCP
  std::vector<ServiceEndpoint> endpoints;
};

struct Translation {
  Config config;
  // Settings that are not honoured, or not as they stand: each names the variable and whose it is.
  std::vector<std::string> warnings;
};

// `any_address` is what frontends bind, "0.0.0.0" or "[::]".
Translation translate_dockercloud(const Environment& balancer, const std::vector<BalancedService>& services,
                                  const std::string& any_address = "0.0.0.0");

// ADDITIONAL_SERVICES: project and service of each.
std::vector<std::pair<std::string, std::string>> additional_services(const std::string& text);

}  // namespace netmgr::lb
