#pragma once
// How the values of docker's flags become attributes of a service. A form is given all values of its flag, in
// order; a value that cannot be is reported in the document, at the flag.
#include <string>
#include <utility>
#include <vector>

#include "parser/flag_document.h"

namespace compose::cli {

using FlagForm = void(parser::FlagDocument& service, const std::string& attribute, const std::string& flag,
                      const std::vector<std::string>& values);

FlagForm text_form;        // the last value
FlagForm list_form;        // all of them
FlagForm pairs_form;       // NAME=VALUE, or NAME
FlagForm full_pairs_form;  // NAME=VALUE
FlagForm map_form;         // NAME=VALUE -> a member of the attribute each
FlagForm raw_files_form;   // files of variables, taken word for word
FlagForm program_form;     // one program, not split into words; empty: none
FlagForm shell_form;       // a shell command as a health check
FlagForm seconds_form;     // a number of seconds
FlagForm limits_form;      // NAME=SOFT[:HARD] -> ulimits
FlagForm rates_form;       // DEVICE:RATE -> {path, rate}
FlagForm weights_form;     // DEVICE:WEIGHT -> {path, weight}
FlagForm containers_form;  // NAME[:ro] -> container:NAME[:ro]
FlagForm mounts_form;      // type=bind,source=...,target=... (mount_flag.cpp)

// "a=1,\"b=x,y\",c" as comma-separated values hold them (RFC 4180): name and value; a bare name has the value
// "true".
std::vector<std::pair<std::string, std::string>> comma_pairs(const std::string& text);

}  // namespace compose::cli
