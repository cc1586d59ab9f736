#include <fmt/format.h>
#include <unistd.h>

#include <set>

#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/confirmation.h"
#include "compose/cli/failure.h"
#include "compose/cli/image_digests.h"
#include "compose/cli/session.h"
#include "compose/plan/pull_plan.h"
#include "compose/publish/package.h"
#include "compose/ui/timestamp.h"
#include "engine/image/digest.h"
#include "engine/image/reference.h"
#include "engine/registry/artifact_repository.h"
#include "engine/registry/session.h"
#include "sys/file.h"

namespace compose::cli {
namespace {

using engine::registry::ArtifactRepository;

struct Flags {
  bool application = false, resolve_digests = false, with_env = false, assume_yes = false;
  std::string oci_version, reference;
};

std::vector<std::string> service_images(const parser::Project& project) {
  std::set<std::string> images;
  for (const auto& [name, service] : project.services)
    if (!service.image.empty()) images.insert(service.image);
  return {images.begin(), images.end()};
}

class Publish {
 public:
  Publish(Context& context, const Flags& flags)
      : context_(context),
        flags_(flags),
        reference_(engine::parse_reference(flags.reference)),
        project_(loaded(context)),
        package_(make_package(project_, flags.with_env)),
        session_(context, "publish", project_.name) {
    if (!reference_.digest.empty())
      throw CommandError("cannot publish as " + flags.reference + ": give a tag, the digest follows from it");
  }

  int run() {
    for (const std::string& line : missing_from(project_)) context_.log(LogLevel::kWarn, line);
    ask();
    PushCommandOptions images;
    images.ignore_failures = true;
    const Plan pushes = plan_push_command(project_, images).plan;
    if (context_.globals().dry_run) return show(pushes);
    if (const int code = session_.run(pushes); code != kExitOk) return code;
    if (flags_.resolve_digests) add_digests();
    context_.progress().note("Artifact " + reference_.familiar(), "Publishing");
    const std::string digest = send();
    context_.progress().note("Artifact " + reference_.familiar(), "Published " + digest);
    return kExitOk;
  }

 private:
  static parser::Project loaded(Context& context) {
    parser::LoadOptions options = context.load_options();
    options.profiles = {"*"};
    return context.load(options);
  }

  void ask() {
    for (const std::string& question : questions_about(project_, package_, flags_.with_env)) {
      if (flags_.assume_yes) continue;
      if (context_.globals().dry_run) {
        context_.log(LogLevel::kWarn, question);
      } else if (!agreed(question, false, "-y says yes to all questions")) {
        throw CommandError("nothing is published", kExitCancelled);
      }
    }
  }

  int show(const Plan& pushes) {
    std::string text = to_text(pushes);
    for (const ArtifactFile& file : package_.files)
      text += fmt::format("Send {} ({} bytes): {}\n", file.name, file.bytes.size(), reason_of(file.kind));
    if (flags_.resolve_digests)
      text +=
          "Send image-digests.yaml: it pins the images to their digests (--resolve-image-digests, --app)\n";
    if (flags_.application)
      for (const std::string& image : service_images(project_))
        text += "Copy " + image + " to " + reference_.familiar_repository() + ": a service runs it (--app)\n";
    print(text + "Publish " + reference_.familiar() + ": of these files\n");
    return kExitOk;
  }

  static const char* reason_of(ArtifactFile::Kind kind) {
    switch (kind) {
      case ArtifactFile::Kind::kCompose:
        return "a file of the project";
      case ArtifactFile::Kind::kExtended:
        return "a service extends one in it";
      case ArtifactFile::Kind::kEnvironment:
        break;
    }
    return "a service's env_file (--with-env)";
  }

  void add_digests() {
    parser::Project pinned = project_;
    pin_images(context_.engine(), pinned);
    std::vector<std::string> unlocked;
    package_.files.push_back({ArtifactFile::Kind::kCompose, "image-digests.yaml",
                              lock_file(pinned, context_.document(), unlocked)});
    for (const std::string& name : unlocked)
      context_.log(LogLevel::kWarn, "service \"" + name + "\": images of pre_start are not pinned");
  }

  std::string send() {
    const auto registries = engine::registry::Registries::system();
    const auto cancelled = [this] { return session_.signals().first().cancelled(); };
    ArtifactRepository target(registries, reference_, ArtifactRepository::Access::kWrite, cancelled);
    for (const ArtifactFile& file : package_.files) target.send_small_blob(file.bytes);
    target.send_small_blob(kEmptyConfig);
    std::string manifest;
    const std::string digest = send_manifest(target, manifest);
    if (flags_.application) send_application(registries, target, manifest);
    return digest;
  }

  // Registries that know nothing of artifacts refuse the newer form.
  std::string send_manifest(ArtifactRepository& target, std::string& manifest) {
    const std::string created = ui::to_rfc3339(ui::now_ms() / 1000 * 1'000'000'000);
    const auto send_as = [&](OciVersion version) {
      manifest = artifact_manifest(package_.files, version, created);
      return target.send_manifest(manifest, engine::media::kOciManifest, reference_.tag);
    };
    if (flags_.oci_version == "1.0") return send_as(OciVersion::k1_0);
    try {
      return send_as(OciVersion::k1_1);
    } catch (const engine::registry::Refusal& refusal) {
      const int status = refusal.status();
      const bool other = status < 400 || status >= 500 || status == 401 || status == 403 || status == 407;
      if (!flags_.oci_version.empty() || other) throw;
      context_.log(LogLevel::kWarn, std::string(refusal.what()) + "; trying the form of OCI 1.0");
      return send_as(OciVersion::k1_0);
    }
  }

  void send_application(const engine::registry::Registries& registries, ArtifactRepository& target,
                        const std::string& manifest) {
    const std::string folder = context_.paths().data_root + "/tmp";
    sys::make_dirs(folder);
    std::vector<engine::Descriptor> images;
    for (const std::string& image : service_images(project_)) {
      context_.progress().note("Image " + image, "Copying to " + reference_.familiar_repository());
      const engine::Reference from = engine::parse_reference(image);
      ArtifactRepository source(registries, from, ArtifactRepository::Access::kRead,
                                [this] { return session_.signals().first().cancelled(); });
      images.push_back(target.copy_image(source, from.digest.empty() ? from.tag : from.digest, folder));
      context_.progress().note("Image " + image, "Copied");
    }
    const std::string index = application_index(images, manifest);
    target.send_manifest(index, engine::media::kOciIndex, "sha256:" + engine::sha256_hex(index));
  }

  Context& context_;
  const Flags& flags_;
  const engine::Reference reference_;
  parser::Project project_;
  Package package_;
  Session session_;
};

}  // namespace

int publish_command(Context& context, const Words& args) {
  Flags flags;
  Arguments arguments(
      "publish [OPTIONS] REPOSITORY[:TAG]",
      "Keep the project's files in a registry, for `compose -f oci://REPOSITORY[:TAG] up` elsewhere. Images\n"
      "that services build are pushed before.");
  arguments.flag("--app", flags.application, "Copy the services' images there too, pinned to their digests");
  arguments.option("--oci-version", flags.oci_version,
                   "1.0 or 1.1, of the artifact's form; without it the newer one that the registry takes");
  arguments.flag("--resolve-image-digests", flags.resolve_digests, "Pin the images to their digests");
  arguments.flag("--with-env", flags.with_env, "Put in the files of env_file; do not ask about environment");
  arguments.flag("-y,--yes", flags.assume_yes, "Answer yes to all questions");
  arguments.flag("--dry-run", context.dry_run(), "Print what would be published, and do nothing");
  arguments.positionals(1, 1, "REPOSITORY[:TAG]");
  flags.reference = arguments.parse(args).front();
  if (!flags.oci_version.empty() && flags.oci_version != "1.0" && flags.oci_version != "1.1")
    throw CommandError("invalid --oci-version '" + flags.oci_version + "': it must be 1.0 or 1.1");
  flags.resolve_digests = flags.resolve_digests || flags.application;
  return Publish(context, flags).run();
}

}  // namespace compose::cli
