#pragma once
// `x-load-balancer` of a service, in short: the port that a load balancer listens on. It becomes a service of
// its own, NAME-lb, of the image compose/lb, which is linked to it, on its networks and under its profiles;
// schemas/compose-spec.json has what can be said. Where there is a service of that name nothing is added, so
// that whoever wants more writes it out, and the output of `config`, which has it, loads to the same project.
#include "parser/documents.h"
#include "parser/node.h"

namespace parser {

// True for compose/lb and for dockercloud/haproxy, whose place it takes: they learn of what they are linked
// to while they run.
bool is_load_balancer(const std::string& image);

// Adds to a merged tree. Reports a service that cannot be balanced.
void add_load_balancers(Node& merged, const Scope& scope, Documents& documents);

}  // namespace parser
