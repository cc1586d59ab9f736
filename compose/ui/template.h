#pragma once
// Go's text/template as far as docker's --format is used: an output for each object of a listing.
//
//   {{.Field}} {{.A.B}} {{$}} {{$v.A}}      fields; of a map (Labels, Options, ...) a missing one is <no
//   value>
//   {{.Label "key"}}                        of a row's labels: a missing one is empty
//   {{json .X}} {{len .X}} {{index .X "k" 0}} {{join .X ","}} {{split .X ","}} {{upper .X}} {{lower .X}}
//   {{title .X}} {{truncate .X 12}} {{pad .X 1 1}} {{print ...}} {{println ...}} {{printf "%-10s %d" ...}}
//   {{eq a b}} {{ne}} {{lt}} {{le}} {{gt}} {{ge}} {{and}} {{or}} {{not}}
//   {{if p}}..{{else if p}}..{{else}}..{{end}} {{with p}}..{{end}} {{range $k, $v := p}}..{{else}}..{{end}}
//   {{$v := p}} {{$v = p}} {{p | f a}} (p) {{/* comment */}}, {{- and -}} take the space beside them away
//
// Everything else of Go's templates is refused by name. Source: pkg.go.dev/text/template.
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <stdexcept>
#include <string>

namespace compose::ui {

// "template, column 5: there is no field .Foo; there are .ID, .Name".
class TemplateError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Immutable once made; any thread.
class Template {
 public:
  // Throws TemplateError.
  explicit Template(const std::string& text);
  ~Template();
  Template(Template&&) noexcept;
  Template& operator=(Template&&) = delete;

  // Throws TemplateError for what only the data can tell: a field that is not there, a value of the wrong
  // kind.
  std::string render(const nlohmann::ordered_json& data) const;

 private:
  struct Program;
  std::unique_ptr<const Program> program_;
};

}  // namespace compose::ui
