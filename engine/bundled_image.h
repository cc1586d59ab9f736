#pragma once
// The image that the installation brings along: compose/lb, the load balancer, FROM scratch, made from the
// program `compose-lb` beside this one when it is first asked for, and anew when that program is another.
#include <string>

namespace engine {

class ImageStore;

inline constexpr char kLoadBalancerImage[] = "compose/lb";
// Label of an image whose containers are load balancers: Spec::load_balancer. It goes on to images that are
// built from it.
inline constexpr char kLoadBalancerLabel[] = "io.compose.load-balancer";

// True for compose/lb, compose/lb:latest and docker.io/compose/lb; throws Error(kNotFound) for other tags of
// it, of which there are none.
bool is_bundled(const std::string& reference);
// Makes the image as said; true: it was not there, or another. Throws Error(kUnavailable) when the program is
// not to be had.
bool provide_bundled(ImageStore& images);

}  // namespace engine
