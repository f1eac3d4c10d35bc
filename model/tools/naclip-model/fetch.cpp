#include "model/tools/naclip-model/fetch.h"

#include <glib.h>

namespace naclip {

namespace {

std::string path_in(const std::string &folder, const PublishedFile &published) {
  g_autofree gchar *path = g_build_filename(folder.c_str(), published.file.c_str(), nullptr);
  return path;
}

/// "/clip/models/…/ViT-B-16.pt" of a URL.
std::string path_of_url(const std::string &url) {
  const auto host = url.find("://") + 3;
  return url.substr(url.find('/', host));
}

}  // namespace

std::vector<std::string> urls_of(const PublishedFile &published, const std::string &mirror) {
  if (mirror.empty()) return {published.url};
  const std::string base = mirror.substr(0, mirror.find_last_not_of('/') + 1);
  return {base + "/" + published.file, base + path_of_url(published.url)};
}

Downloaded fetch(const PublishedFile &published, const std::string &folder,
                 const std::string &mirror, const DownloadOptions &options) {
  return download({urls_of(published, mirror), path_in(folder, published), published.sha256},
                  options);
}

std::string manual_steps(std::span<const PublishedFile *const> files, const std::string &folder) {
  std::string steps =
      "Behind a proxy, set https_proxy. NACLIP_MODEL_MIRROR names another server that has the "
      "files.\n"
      "If this machine has no network, download these files on another one:\n";
  for (const PublishedFile *file : files)
    steps += "  " + file->url + "\n    SHA-256 " + file->sha256 + "\n";
  steps += "and copy them to this machine under these names:\n";
  for (const PublishedFile *file : files) steps += "  " + path_in(folder, *file) + "\n";
  return steps + "Then run the same command again to check them.\n";
}

}  // namespace naclip
