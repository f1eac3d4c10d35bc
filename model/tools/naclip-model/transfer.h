// One HTTP request for the rest of a file.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace naclip {

/// What a transfer tells while it runs, and how long it waits. All may be empty.
struct TransferOptions {
  /// Bytes of the file that are here, those of earlier transfers included, and its size, 0 where
  /// the server does not say. Several times a second, and at the end.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;
  /// Something for people, one line.
  std::function<void(const std::string &line)> say;
  /// True ends the transfer with Interrupted; asked about once a second.
  std::function<bool()> give_up;
  int stall_seconds = 30;  ///< a connection over which nothing comes for so long is broken, >= 1
};

/// How a transfer ended. Whatever the end, what came is in the file.
struct Transfer {
  enum class End {
    kWhole,        ///< the server sent all that it has
    kUnsatisfied,  ///< the server has nothing after what is here (HTTP 416)
    kBroken,       ///< the connection, or the server for the moment: worth another try
    kUnreachable,  ///< no connection came about
    kMissing,      ///< the server has no such file (HTTP 404, 410)
    kRefused,      ///< anything that another try will not mend
  };
  End end = End::kWhole;
  std::string cause;  ///< for people, "HTTP 404" or the connection's error; empty where whole
};

/// Gets `url` (http or https) into the file `part`, after what the file holds already: a server
/// that does not resume sends the whole again, and the file begins anew. Proxies are taken from the
/// environment as curl does, and certificates from CURL_CA_BUNDLE or SSL_CERT_FILE where set.
/// Throws Error{kWrite} where the file cannot be written, with the room that is missing; the file
/// stays as far as it came. Throws Interrupted.
Transfer transfer(const std::string &url, const std::string &part, const TransferOptions &options);

}  // namespace naclip
