// Tells a file from another that takes its name later.
#pragma once

#include <glib.h>

#include <optional>
#include <string>
#include <tuple>

namespace naclip {

/// Device, inode, size, and the time of its last modification in seconds and nanoseconds.
using FileIdentity = std::tuple<guint64, guint64, gint64, gint64, gint64>;

/// None where there is no such file.
std::optional<FileIdentity> identify_file(const std::string &path);

}  // namespace naclip
