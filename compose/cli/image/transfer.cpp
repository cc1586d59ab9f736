// image pull and image push: single images, told in docker's words.
#include <unistd.h>

#include "compose/cli/arguments.h"
#include "compose/cli/failure.h"
#include "compose/cli/image/subcommands.h"
#include "compose/cli/session.h"
#include "compose/cli/signals.h"
#include "compose/ui/layer_list.h"
#include "compose/ui/terminal.h"
#include "engine/image/reference.h"

namespace compose::cli {
namespace {

// Lines of layers and of the whole on standard output; on a terminal the layers are a live block on standard
// error instead.
class TransferLines : public engine::TransferObserver {
 public:
  using Say = void(const std::string& text);

  TransferLines(Context& context, const std::string& resource, Action action, bool quiet, Say* say,
                const Cancellation& cancellation)
      : context_(context), quiet_(quiet), say_(say), cancellation_(cancellation) {
    step_.resource = resource;
    step_.action = std::move(action);
    live_ = !quiet && ui::is_terminal(STDOUT_FILENO) && ui::is_terminal(STDERR_FILENO);
  }

  void layer(const engine::LayerEvent& event) override {
    if (quiet_) return;
    if (live_) {
      context_.progress().layer_changed(step_, event);
    } else if (event.id != last_id_ || event.state != last_state_) {
      say_(event.id + ": " + ui::layer_text(event) + '\n');
      last_id_ = event.id;
      last_state_ = event.state;
    }
  }
  void status(const std::string& line) override {
    if (quiet_) return;
    if (live_) context_.progress().finish();
    say_(line + '\n');
  }
  void warning(const std::string& text) override { context_.log(LogLevel::kWarn, text); }
  bool cancelled() override { return cancellation_.cancelled(); }
  int cancel_fd() override { return cancellation_.fd(); }

  void finish() {
    if (live_) context_.progress().finish();
  }

 private:
  Context& context_;
  Step step_;
  bool quiet_, live_ = false;
  Say* say_;
  const Cancellation& cancellation_;
  std::string last_id_;
  engine::LayerEvent::State last_state_ = engine::LayerEvent::State::kWaiting;
};

// Runs `transfer`; a signal ends it with 130.
template <typename Transfer>
int transferring(Context& context, const std::string& resource, Action action, bool quiet,
                 const Transfer& transfer) {
  context.engine().reconcile();
  const Signals signals;
  TransferLines lines(context, resource, std::move(action), quiet, print, signals.first());
  try {
    transfer(lines);
  } catch (const engine::Error&) {
    lines.finish();
    if (signals.first().cancelled()) return kExitCancelled;
    throw;
  }
  lines.finish();
  return kExitOk;
}

void tell_pulled(TransferLines& lines, const engine::PullResult& result) {
  lines.status("Digest: " + result.digest);
  lines.status((result.newer ? "Status: Downloaded newer image for " : "Status: Image is up to date for ") +
               engine::parse_reference(result.reference).familiar());
}

}  // namespace

void fetch_image(Context& context, const engine::PullRequest& request, bool quiet,
                 const Cancellation& cancellation) {
  TransferLines lines(context, "Image " + request.reference,
                      PullImage{"", request.reference, request.platform}, quiet, tell, cancellation);
  tell_pulled(lines, context.engine().pull_image(request, lines));
  lines.finish();
}

int image_pull(Context& context, const Words& args) {
  bool quiet = false;
  engine::PullRequest request;
  Arguments arguments("image pull [OPTIONS] NAME[:TAG|@DIGEST]", "Fetch an image from its registry.");
  arguments.flag("-q,--quiet", quiet, "Print the image's name only");
  arguments.option("--platform", request.platform, "Platform to choose: linux/arm64, linux/arm/v7");
  for (const char* name : {"-a,--all-tags", "--disable-content-trust"}) arguments.refuse_flag(name);
  arguments.positionals(1, 1, "NAME");
  request.reference = arguments.parse(args)[0];
  return transferring(context, "Image " + request.reference,
                      PullImage{"", request.reference, request.platform}, quiet, [&](TransferLines& lines) {
                        const engine::PullResult result = context.engine().pull_image(request, lines);
                        tell_pulled(lines, result);
                        lines.finish();
                        print(result.reference + '\n');
                      });
}

int image_push(Context& context, const Words& args) {
  bool quiet = false;
  engine::PushRequest request;
  Arguments arguments("image push [OPTIONS] NAME[:TAG]", "Send an image to its registry.");
  arguments.flag("-q,--quiet", quiet, "Print the image's name only");
  for (const char* name : {"-a,--all-tags", "--disable-content-trust"}) arguments.refuse_flag(name);
  arguments.refuse_option("--platform");
  arguments.positionals(1, 1, "NAME");
  request.reference = arguments.parse(args)[0];
  return transferring(
      context, "Image " + request.reference, PushImage{request.reference}, quiet, [&](TransferLines& lines) {
        const engine::PushResult result = context.engine().push_image(request, lines);
        const engine::Reference name = engine::parse_reference(result.reference);
        lines.status(name.tag + ": digest: " + result.digest + " size: " + std::to_string(result.size));
        if (quiet) print(result.reference + '\n');
      });
}

}  // namespace compose::cli
