// Published files, brought here.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "model/base/published_models.h"
#include "model/tools/naclip-model/download.h"

namespace naclip {

/// Where a published file is asked for, in turn. With a mirror, its base URL followed by the file's
/// name, then by the path of the file's own URL; without one, the file's own URL.
std::vector<std::string> urls_of(const PublishedFile &published, const std::string &mirror);

/// Fetches into `folder` as download() does.
Downloaded fetch(const PublishedFile &published, const std::string &folder,
                 const std::string &mirror, const DownloadOptions &options);

/// How to have the files without this program, for one who reads it in a terminal: what to get,
/// where to put it. Ends with a new line.
std::string manual_steps(std::span<const PublishedFile *const> files, const std::string &folder);

}  // namespace naclip
