// A whole file from a server, or none.
#pragma once

#include <string>
#include <vector>

#include "model/tools/naclip-model/transfer.h"

namespace naclip {

/// What is wanted.
struct Download {
  std::vector<std::string> urls;  ///< the next is asked where one has no such file
  std::string path;               ///< where the file is to be; its folder is made
  std::string sha256;             ///< of the file, hexadecimal in lower case
};

struct DownloadOptions : TransferOptions {
  int attempts = 8;           ///< requests for one file before it is given up, >= 1
  int first_delay_ms = 1000;  ///< before the second attempt; doubles from each to the next
};

/// What download() found to do.
enum class Downloaded { kFetched, kWasHere };

/// Gets a file whole, or leaves what came of it in `<path>.part`, where the next call goes on. The
/// file has its name only once its sum is right. A file that is there already is checked, and got
/// anew where its sum is wrong. Calls for one path wait for each other, in all processes.
///
/// Throws Error{kNetwork} where no server can be reached or has the file, or where connections
/// break too often; {kFormat} where what came has another sum: the part is deleted; {kWrite} where
/// files cannot be written. Throws Interrupted where `give_up` said so.
Downloaded download(const Download &what, const DownloadOptions &options);

/// SHA-256 of a file. `give_up` may be empty. Throws Error{kRead}, Interrupted.
std::string sha256_of(const std::string &path, const std::function<bool()> &give_up);

}  // namespace naclip
