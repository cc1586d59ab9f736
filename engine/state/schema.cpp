#include "engine/state/schema.h"

namespace engine {

namespace {

constexpr char kFirst[] = R"sql(
CREATE TABLE images(
  id TEXT PRIMARY KEY,                -- sha256:<hex> of the config blob
  created_ms INTEGER NOT NULL,
  size INTEGER NOT NULL               -- bytes on disk of all its layers
) WITHOUT ROWID;

CREATE TABLE image_refs(
  reference TEXT PRIMARY KEY,         -- docker.io/library/busybox:latest
  image_id TEXT NOT NULL REFERENCES images(id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX image_refs_image ON image_refs(image_id);

CREATE TABLE layers(
  chain_id TEXT PRIMARY KEY,          -- without sha256:
  diff_id TEXT NOT NULL,              -- sha256:<hex>
  parent TEXT NOT NULL,               -- chain id, '' for a bottom layer
  size INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE image_layers(
  image_id TEXT NOT NULL REFERENCES images(id) ON DELETE CASCADE,
  position INTEGER NOT NULL,          -- 0 is the bottom
  chain_id TEXT NOT NULL REFERENCES layers(chain_id),
  PRIMARY KEY(image_id, position)
) WITHOUT ROWID;
CREATE INDEX image_layers_chain ON image_layers(chain_id);

CREATE TABLE build_cache(
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  chain_id TEXT NOT NULL,
  used_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX build_cache_chain ON build_cache(chain_id);

CREATE TABLE networks(
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  driver TEXT NOT NULL,
  subnet TEXT NOT NULL UNIQUE,
  gateway TEXT NOT NULL,
  config TEXT NOT NULL,               -- NetworkConfig as JSON: labels, driver options, internal
  created_ms INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE volumes(
  name TEXT PRIMARY KEY,
  config TEXT NOT NULL,               -- VolumeConfig as JSON
  anonymous INTEGER NOT NULL,
  created_ms INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE containers(
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  project TEXT NOT NULL,              -- label com.docker.compose.project, '' when absent
  image TEXT NOT NULL,                -- reference as asked for
  image_id TEXT NOT NULL REFERENCES images(id),
  config TEXT NOT NULL,               -- ContainerConfig as JSON
  command TEXT NOT NULL,              -- for display
  created_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX containers_project ON containers(project);
CREATE INDEX containers_image ON containers(image_id);

CREATE TABLE endpoints(
  network_id TEXT NOT NULL REFERENCES networks(id),
  container_id TEXT NOT NULL REFERENCES containers(id) ON DELETE CASCADE,
  address TEXT NOT NULL,
  mac TEXT NOT NULL,
  aliases TEXT NOT NULL,              -- JSON array
  position INTEGER NOT NULL,          -- order within the container: eth0, eth1, ...
  PRIMARY KEY(network_id, container_id),
  UNIQUE(network_id, address)
) WITHOUT ROWID;
CREATE INDEX endpoints_container ON endpoints(container_id);

CREATE TABLE mounts(
  container_id TEXT NOT NULL REFERENCES containers(id) ON DELETE CASCADE,
  target TEXT NOT NULL,
  type TEXT NOT NULL,                 -- bind, volume, tmpfs, image
  source TEXT NOT NULL,               -- host path of a bind; volume name; image id
  read_only INTEGER NOT NULL,
  PRIMARY KEY(container_id, target)
) WITHOUT ROWID;
CREATE INDEX mounts_source ON mounts(source);

-- Host ports are taken while a container runs. host_ip '' is every address; the clash of '' with a single address
-- is checked in the same transaction as the insert.
CREATE TABLE ports(
  container_id TEXT NOT NULL REFERENCES containers(id) ON DELETE CASCADE,
  host_ip TEXT NOT NULL,
  host_port INTEGER NOT NULL,
  container_port INTEGER NOT NULL,
  protocol TEXT NOT NULL,
  PRIMARY KEY(host_ip, host_port, protocol)
) WITHOUT ROWID;
CREATE INDEX ports_container ON ports(container_id);
)sql";

constexpr char kBuildUses[] = R"sql(
CREATE TABLE build_uses(               -- the entries of build_cache an image was built with
  image_id TEXT NOT NULL REFERENCES images(id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  PRIMARY KEY(image_id, key)
) WITHOUT ROWID;
CREATE INDEX build_uses_key ON build_uses(key);
)sql";

constexpr char kBlobs[] = R"sql(
CREATE TABLE layer_blobs(              -- in which blobs a layer travels
  diff_id TEXT NOT NULL,               -- of the layer
  digest TEXT NOT NULL,                -- sha256:<hex> of the blob
  media_type TEXT NOT NULL,
  size INTEGER NOT NULL,               -- bytes of the blob
  kept INTEGER NOT NULL,               -- 1: its bytes are in images/blobs
  PRIMARY KEY(diff_id, digest)
) WITHOUT ROWID;
CREATE INDEX layer_blobs_digest ON layer_blobs(digest);

CREATE TABLE blob_repositories(        -- where a blob is known to be
  digest TEXT NOT NULL,
  repository TEXT NOT NULL,            -- docker.io/library/busybox
  PRIMARY KEY(digest, repository)
) WITHOUT ROWID;

CREATE TABLE image_manifests(          -- by which manifests repositories know an image
  repository TEXT NOT NULL,
  digest TEXT NOT NULL,                -- sha256:<hex> of the manifest, or of the index it was chosen from
  image_id TEXT NOT NULL REFERENCES images(id) ON DELETE CASCADE,
  PRIMARY KEY(repository, digest)
) WITHOUT ROWID;
CREATE INDEX image_manifests_image ON image_manifests(image_id);
CREATE INDEX layers_diff_id ON layers(diff_id);
)sql";

constexpr char kArchives[] = R"sql(
ALTER TABLE layers ADD COLUMN tar_size INTEGER;      -- bytes of the layer's tar, once they have been counted
ALTER TABLE image_refs ADD COLUMN tagged_ms INTEGER; -- since when the name is this image's
CREATE INDEX layers_parent ON layers(parent);
)sql";

// An endpoint has an address of one family or of both; '' is none. A table's constraints cannot be changed,
// so it is made anew.
constexpr char kBothFamilies[] = R"sql(
CREATE TABLE endpoints_of_both(
  network_id TEXT NOT NULL REFERENCES networks(id),
  container_id TEXT NOT NULL REFERENCES containers(id) ON DELETE CASCADE,
  address TEXT NOT NULL,
  address6 TEXT NOT NULL,
  mac TEXT NOT NULL,
  aliases TEXT NOT NULL,              -- JSON array
  position INTEGER NOT NULL,          -- order within the container: eth0, eth1, ...
  PRIMARY KEY(network_id, container_id)
) WITHOUT ROWID;
INSERT INTO endpoints_of_both
  SELECT network_id, container_id, address, '', mac, aliases, position FROM endpoints;
DROP TABLE endpoints;
ALTER TABLE endpoints_of_both RENAME TO endpoints;
CREATE INDEX endpoints_container ON endpoints(container_id);
CREATE UNIQUE INDEX endpoints_address ON endpoints(network_id, address) WHERE address != '';
CREATE UNIQUE INDEX endpoints_address6 ON endpoints(network_id, address6) WHERE address6 != '';
)sql";

}  // namespace

const std::vector<const char*>& migrations() {
  static const std::vector<const char*> list = {kFirst, kBuildUses, kBlobs, kArchives, kBothFamilies};
  return list;
}

}  // namespace engine
