// The one exception type of libnaclip.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "api.h"

namespace naclip {

/// What went wrong, coarse enough that a caller can choose a reaction.
enum class ErrorKind {
  kSettings,    ///< an option is out of range or contradicts another
  kVocabulary,  ///< the vocabulary or its text cannot be used
  kNotFound,    ///< a file, a device or a library is not there
  kRead,        ///< a file is there but cannot be read
  kFormat,      ///< a file was read but is not what it should be
  kModel,       ///< a checkpoint's tensors are missing, misshapen or not finite
  kDevice,      ///< the device cannot do what was asked
  kMemory,      ///< out of host or device memory
  kInference,   ///< the computation failed
  kWrite,       ///< a file cannot be written: no room, no right
  kNetwork,     ///< a server cannot be reached, or does not give what was asked for
};

/// A place in the source: where an Error was made.
struct SourcePlace {
  const char *file;
  const char *function;
  int line;

  static constexpr SourcePlace here(const char *file = __builtin_FILE(),
                                    const char *function = __builtin_FUNCTION(),
                                    int line = __builtin_LINE()) {
    return {file, function, line};
  }
};

/// Thrown by everything in model/. `what()` is one sentence for a user that says what to do;
/// `detail()` is the cause in the words of whatever failed, and may be empty.
class NACLIP_API Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string &message, std::string detail = {},
        SourcePlace place = SourcePlace::here())
      : std::runtime_error(message), kind_(kind), detail_(std::move(detail)), place_(place) {}

  ErrorKind kind() const noexcept { return kind_; }
  const std::string &detail() const noexcept { return detail_; }
  /// Where it was made, for whoever mends the program.
  const SourcePlace &place() const noexcept { return place_; }

 private:
  ErrorKind kind_;
  std::string detail_;
  SourcePlace place_;
};

}  // namespace naclip
