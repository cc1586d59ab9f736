#include "compose/cli/container/random_name.h"

#include <string_view>

#include "sys/random.h"

namespace compose::cli {
namespace {

constexpr std::string_view kAdjectives[] = {
    "able",     "agile",    "airy",    "amber",   "ample",   "awake",    "azure",    "balmy",    "blithe",
    "bold",     "brave",    "breezy",  "bright",  "brisk",   "calm",     "candid",   "careful",  "cheerful",
    "civil",    "clear",    "clever",  "cordial", "cosy",    "crisp",    "curious",  "dapper",   "daring",
    "deft",     "eager",    "earnest", "easy",    "elated",  "fair",     "faithful", "festive",  "fine",
    "fluent",   "fond",     "frank",   "fresh",   "gallant", "generous", "gentle",   "glad",     "golden",
    "graceful", "grand",    "happy",   "hardy",   "honest",  "hopeful",  "humble",   "jolly",    "jovial",
    "just",     "keen",     "kind",    "lively",  "lucid",   "lucky",    "mellow",   "merry",    "mild",
    "modest",   "neat",     "nimble",  "noble",   "patient", "peaceful", "placid",   "pleasant", "plucky",
    "polite",   "prompt",   "proud",   "quick",   "quiet",   "rapid",    "ready",    "robust",   "serene",
    "sharp",    "silent",   "silver",  "sincere", "sleek",   "smart",    "snug",     "solid",    "spry",
    "steady",   "stout",    "sturdy",  "subtle",  "sunny",   "swift",    "tactful",  "tender",   "thrifty",
    "tidy",     "tranquil", "trusty",  "upbeat",  "valiant", "vigilant", "vivid",    "warm",     "watchful",
    "wise",     "witty",    "worthy",  "zesty"};

constexpr std::string_view kSurnames[] = {
    "abel",      "agnesi",     "alhazen",     "ampere",    "anning",    "apgar",      "babbage",
    "backus",    "banach",     "banting",     "becquerel", "bell",      "bernoulli",  "bessel",
    "blackwell", "bohr",       "boole",       "born",      "boyle",     "bragg",      "brahe",
    "burnell",   "cannon",     "cantor",      "carson",    "cauchy",    "cerf",       "chandra",
    "chatelet",  "clarke",     "cori",        "coulomb",   "crick",     "curie",      "dalton",
    "darwin",    "dedekind",   "dijkstra",    "dirac",     "doppler",   "edison",     "ehrlich",
    "einstein",  "elion",      "erdos",       "euclid",    "euler",     "faraday",    "fermat",
    "fermi",     "fleming",    "fourier",     "franklin",  "fresnel",   "galilei",    "galois",
    "gauss",     "germain",    "gibbs",       "goedel",    "goodall",   "haber",      "hahn",
    "hamilton",  "hamming",    "harvey",      "heaviside", "helmholtz", "herschel",   "hertz",
    "hilbert",   "hodgkin",    "hooke",       "hopper",    "hubble",    "humboldt",   "huygens",
    "hypatia",   "jacobi",     "jemison",     "joule",     "kepler",    "kirchhoff",  "knuth",
    "koch",      "lagrange",   "lamarr",      "laplace",   "lavoisier", "leavitt",    "leibniz",
    "linnaeus",  "liskov",     "lovelace",    "lorentz",   "maxwell",   "mayer",      "mcclintock",
    "meitner",   "mendel",     "mirzakhani",  "moebius",   "morse",     "napier",     "nash",
    "neumann",   "newton",     "nightingale", "nobel",     "noether",   "ohm",        "pascal",
    "pasteur",   "pauli",      "pauling",     "payne",     "peano",     "planck",     "poincare",
    "ptolemy",   "ramanujan",  "ritchie",     "roentgen",  "rubin",     "rutherford", "salk",
    "shannon",   "somerville", "stokes",      "tesla",     "thales",    "turing",     "volta",
    "watt",      "wilkins",    "wu"};

// Of 32 bits: the first of a list are not chosen noticeably more often.
size_t random_below(size_t count) {
  return std::stoul(sys::random_hex(8), nullptr, 16) % count;
}

}  // namespace

std::string random_name(int attempt) {
  std::string name(kAdjectives[random_below(std::size(kAdjectives))]);
  name += '_';
  name += kSurnames[random_below(std::size(kSurnames))];
  constexpr size_t kNumbers = 100'000;
  return attempt == 0 ? name : name + std::to_string(random_below(kNumbers));
}

}  // namespace compose::cli
