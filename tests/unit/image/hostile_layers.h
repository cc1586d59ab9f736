#pragma once
// Layers that must not come in, by whichever way: load, import, pull, ADD. Each way's test takes them all.
#include <string>
#include <vector>

#include "scratch.h"

struct HostileLayer {
  std::string what, tar;
  // libarchive does not take it for a tar at all, so that ADD copies the file as it is.
  bool is_no_tar = false;
};

inline std::string pax_record(const std::string& name, const std::string& value) {
  const std::string text = ' ' + name + '=' + value + '\n';
  size_t size = text.size() + 1;
  while (std::to_string(size).size() + text.size() != size) ++size;
  return std::to_string(size) + text;
}

// A sparse file of `real_size` bytes whose map (GNU tar's format 1.0) is `map`.
inline TarMaker sparse_file(const std::string& name, int64_t real_size, std::string map) {
  map.resize(map.size() + engine::tar_padding(static_cast<int64_t>(map.size())), '\0');
  engine::TarEntry extended;
  extended.name = "pax";
  extended.type = static_cast<engine::TarEntry::Type>('x');
  TarMaker tar;
  tar.add(extended, pax_record("GNU.sparse.major", "1") + pax_record("GNU.sparse.minor", "0") +
                        pax_record("GNU.sparse.name", name) +
                        pax_record("GNU.sparse.realsize", std::to_string(real_size)));
  return tar.file(name, map);
}

inline std::string many_holes() {
  constexpr int kHoles = 5'000'000;
  std::string map = std::to_string(kHoles) + '\n';
  for (int i = 0; i < kHoles; ++i) map += "0\n0\n";
  return map;
}

// A header that says that a header of two gigabytes follows.
inline std::string absurd_header(char type) {
  engine::TarEntry entry;
  entry.name = "header";
  entry.type = static_cast<engine::TarEntry::Type>(type);
  entry.size = int64_t{2} << 30;
  return engine::tar_header(entry);
}

// `outside`: a folder with a file "canary", which none of them may reach.
inline std::vector<HostileLayer> hostile_layers(const std::string& outside) {
  using Type = engine::TarEntry::Type;
  const std::string up = "../../../../../../../.." + outside;
  std::string deep, wide;
  for (int i = 0; i < 65536; ++i) deep += "d/";
  for (int i = 0; i < 30; ++i) wide += std::string(200, 'n') + '/';
  engine::TarEntry nobody;
  nobody.name = "f";
  nobody.uid = 0xffffffff;
  return {
      {"a name that climbs", TarMaker().file("../evil", "x").bytes()},
      {"a name that climbs after a folder", TarMaker().folder("a/").file("a/../../evil", "x").bytes()},
      {"an absolute name", TarMaker().file(outside + "/evil", "x").bytes()},
      {"a folder that climbs", TarMaker().folder("../evil/").bytes()},
      {"a hard link that climbs", TarMaker().hardlink("l", up + "/canary").file("l", "x").bytes()},
      {"an absolute hard link", TarMaker().hardlink("l", outside + "/canary").file("l", "x").bytes()},
      {"a hard link through a link", TarMaker().symlink("s", outside).hardlink("l", "s/canary").bytes()},
      {"a file below an absolute link", TarMaker().symlink("s", outside).file("s/canary", "x").bytes()},
      {"a file below a climbing link", TarMaker().symlink("s", up).file("s/canary", "x").bytes()},
      {"a file below a link to a link",
       TarMaker().symlink("a", outside).symlink("b", "a").file("b/canary", "x").bytes()},
      {"a folder below a link", TarMaker().symlink("s", outside).folder("s/evil/").bytes()},
      {"a link below a link", TarMaker().symlink("s", outside).symlink("s/evil", "x").bytes()},
      {"a hard link below a link",
       TarMaker().file("f", "x").symlink("s", outside).hardlink("s/evil", "f").bytes()},
      {"a folder that becomes a link",
       TarMaker().folder("d/").file("d/a", "x").symlink("d", outside).file("d/canary", "x").bytes()},
      {"a whiteout below a link", TarMaker().symlink("s", outside).file("s/.wh.canary").bytes()},
      {"an opaque mark below a link", TarMaker().symlink("s", outside).file("s/.wh..wh..opq").bytes()},
      {"a whiteout of the folder above", TarMaker().file("a/.wh...").bytes()},
      {"a whiteout of its own folder", TarMaker().file("a/.wh..").bytes()},
      {"a whiteout among the parents", TarMaker().file(".wh.a/b", "x").bytes()},
      {"a device that means a whiteout", TarMaker().typed("w", Type::kCharDevice, "", 0, 0).bytes()},
      {"an owner that means none", TarMaker().add(nobody).bytes()},
      {"65,536 folders in each other", TarMaker().folder(deep).bytes()},
      {"a path that is too long", TarMaker().folder(wide).bytes()},
      {"a name that is too long", TarMaker().file(std::string(300, 'n')).bytes()},
      {"ten gigabytes of zeros",
       sparse_file("zeros", int64_t{10} << 30, "1\n" + std::to_string(int64_t{10} << 30) + "\n0\n").bytes()},
      {"a map of more holes than memory", sparse_file("f", 100, many_holes()).bytes(), true},
      {"a pax header of absurd size", TarMaker().raw(absurd_header('x')).bytes(), true},
      {"a long name of absurd size", TarMaker().raw(absurd_header('L')).bytes(), true},
      {"a file that is cut off", TarMaker().file("big", std::string(4096, 'x')).bytes().substr(0, 1024)},
  };
}
