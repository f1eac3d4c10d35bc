// How much memory this process may still take.
#pragma once

#include <cstdint>
#include <string>

namespace naclip {

/// Bytes: what the system says is available (MemAvailable), and no more than what the control
/// groups of this process leave; the largest number where neither can be read. `root`: the folder
/// that /proc and /sys are in.
std::int64_t available_memory(const std::string &root = "");

}  // namespace naclip
