#include "engine/image/layer_blobs.h"

#include "engine/image/digest.h"
#include "scratch.h"

using engine::Error;
using engine::ImageStore;
using engine::LayerBlob;
using engine::LayerBlobs;

namespace {

ImageStore::Layer commit_one(Store& store, ImageStore::UnpackedLayer layer) {
  std::vector<ImageStore::UnpackedLayer> layers;
  layers.push_back(std::move(layer));
  return store.images.commit_unpacked_layers(std::move(layers)).at(0);
}

// A tar that this store would write otherwise (the entries are not in order), compressed by gzip.
struct ForeignLayer {
  ForeignLayer(const Scratch& scratch, Store& store)
      : tar(TarMaker().file("z", "last").file("a", "first").bytes()),
        diff_id("sha256:" + engine::sha256_hex(tar)),
        blob_file(store.paths.build_tmp() + "/layer.tar.gz") {
    sys::write_file_atomic(scratch / "layer.tar", tar);
    run({"gzip", "-nf", scratch / "layer.tar"});
    const std::string bytes = sys::read_file(scratch / "layer.tar.gz");
    sys::write_file_atomic(blob_file, bytes);
    blob = {"sha256:" + engine::sha256_hex(bytes), "application/vnd.oci.image.layer.v1.tar+gzip",
            static_cast<int64_t>(bytes.size()), false};
  }
  ImageStore::Layer commit(Store& store, const std::string& parent = "") const {
    ImageStore::Draft draft = store.images.new_draft();
    engine::unpack_archive(blob_file, draft.diff(), true);
    return commit_one(store, {std::move(draft), parent, diff_id, blob_file, blob});
  }

  std::string tar, diff_id, blob_file;
  LayerBlob blob;
};

std::string written(LayerBlobs& blobs, const ImageStore::Layer& layer) {
  std::string bytes;
  blobs.write_tar(layer, [&](const char* data, size_t size) { bytes.append(data, size); });
  return bytes;
}

}  // namespace

TEST_CASE("a layer from elsewhere keeps the blob it came in, and gives the same tar again") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  LayerBlobs blobs(store.database, store.paths);
  const ForeignLayer foreign(scratch, store);
  const ImageStore::Layer layer = foreign.commit(store);
  CHECK(layer.diff_id == foreign.diff_id);
  CHECK(tar_of(layer.diff_dir) != foreign.tar);
  CHECK(written(blobs, layer) == foreign.tar);
  REQUIRE(blobs.of(layer.diff_id).size() == 1);
  CHECK(blobs.of(layer.diff_id)[0].kept);
  CHECK(exists(blobs.path(foreign.blob.digest)));
  CHECK_FALSE(exists(foreign.blob_file));
}

TEST_CASE("a layer made here gives its tar from its folder, and tells when it has been changed") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  LayerBlobs blobs(store.database, store.paths);
  const ImageStore::Layer layer = store.layer("a", "1");
  CHECK(written(blobs, layer) == tar_of(layer.diff_dir));
  sys::write_file_atomic(layer.diff_dir + "/a", "2");
  CHECK(error_of(Error::Kind::kUnavailable, [&] { written(blobs, layer); }).find("changed") !=
        std::string::npos);
}

TEST_CASE("a damaged blob is told, not passed on as a layer") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  LayerBlobs blobs(store.database, store.paths);
  const ForeignLayer foreign(scratch, store);
  const ImageStore::Layer layer = foreign.commit(store);
  const std::string path = blobs.path(foreign.blob.digest);
  sys::write_file_atomic(path, sys::read_file(path).substr(0, 40));
  CHECK(error_of(Error::Kind::kUnavailable, [&] { written(blobs, layer); }).find("pull") !=
        std::string::npos);
  ::unlink(path.c_str());
  error_of(Error::Kind::kUnavailable, [&] { written(blobs, layer); });
}

TEST_CASE("a kept blob goes with the last image that needs its layer") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  LayerBlobs blobs(store.database, store.paths);
  const ForeignLayer foreign(scratch, store);
  const ImageStore::Layer layer = foreign.commit(store);
  const std::string one = store.image({layer.diff_id}, "one"), two = store.image({layer.diff_id}, "two");
  store.images.remove(one, false);
  store.images.remove_stale_drafts();
  CHECK(written(blobs, layer) == foreign.tar);
  store.images.remove(two, false);
  CHECK_FALSE(exists(blobs.path(foreign.blob.digest)));
  CHECK(blobs.of(layer.diff_id).empty());
}

TEST_CASE("a blob file without a record, from a crash, is removed, and one with a record stays") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  LayerBlobs blobs(store.database, store.paths);
  const ForeignLayer foreign(scratch, store);
  foreign.commit(store);
  const std::string orphan = store.paths.blobs() + '/' + std::string(64, 'a');
  sys::write_file_atomic(orphan, "left");
  store.images.remove_stale_drafts();
  CHECK_FALSE(exists(orphan));
  CHECK(exists(blobs.path(foreign.blob.digest)));
}

TEST_CASE("layers that are committed together may lie on each other, and those below a wrong one stay") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const ForeignLayer foreign(scratch, store);
  const auto layer = [&](const std::string& parent) {
    const std::string file = store.paths.build_tmp() + "/blob-on-" + parent;
    sys::write_file_atomic(file, sys::read_file(foreign.blob_file));
    ImageStore::Draft draft = store.images.new_draft();
    engine::unpack_archive(file, draft.diff(), true);
    return ImageStore::UnpackedLayer{std::move(draft), parent, foreign.diff_id, file, foreign.blob};
  };
  const std::string first = engine::chain_id("", foreign.diff_id);
  const std::string second = engine::chain_id(first, foreign.diff_id);
  std::vector<ImageStore::UnpackedLayer> layers;
  layers.push_back(layer(""));
  layers.push_back(layer(first));
  layers.push_back(layer(std::string(64, 'a')));
  CHECK_THROWS_AS(store.images.commit_unpacked_layers(std::move(layers)), Error);
  CHECK(store.images.find_layer(first));
  CHECK(store.images.find_layer(second));
  CHECK(store.count("layers") == 2);
  CHECK(store.images.commit_unpacked_layers({}).empty());
}

TEST_CASE("a layer that is there already does not keep another blob") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const ImageStore::Layer made = store.layer("a", "1");
  const std::string file = store.paths.build_tmp() + "/blob";
  sys::write_file_atomic(file, tar_of(made.diff_dir));
  const LayerBlob blob{made.diff_id, "application/vnd.oci.image.layer.v1.tar", 1, false};
  CHECK(commit_one(store, {store.images.new_draft(), "", made.diff_id, file, blob}).chain_id ==
        made.chain_id);
  CHECK_FALSE(exists(file));
  CHECK(store.count("layer_blobs") == 0);
}

TEST_CASE("an image is found by the digests its repositories know it by") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const std::string image = store.image({store.layer("a", "1").diff_id});
  const std::string digest = "sha256:" + std::string(64, 'd');
  store.images.record_manifest(image, "docker.io/library/busybox", digest);
  REQUIRE(store.images.find("busybox@" + digest));
  CHECK(store.images.find("busybox:1.36@" + digest)->id == image);
  CHECK_FALSE(store.images.find("debian@" + digest));
  CHECK(store.images.repository_digests(image) ==
        std::vector<std::string>{"docker.io/library/busybox@" + digest});
  store.images.remove(image, false);
  CHECK(store.count("image_manifests") == 0);
  error_of(Error::Kind::kNotFound, [&] { store.images.record_manifest(image, "busybox", digest); });
}

TEST_CASE("repositories that hold a blob are remembered and forgotten") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  LayerBlobs blobs(store.database, store.paths);
  const std::string digest = "sha256:" + std::string(64, 'd');
  blobs.record_repository(digest, "b.example/x");
  blobs.record_repository(digest, "a.example/x");
  blobs.record_repository(digest, "a.example/x");
  CHECK(blobs.repositories(digest) == std::vector<std::string>{"a.example/x", "b.example/x"});
  blobs.forget_repository(digest, "a.example/x");
  CHECK(blobs.repositories(digest) == std::vector<std::string>{"b.example/x"});
}
