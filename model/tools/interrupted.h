// Thrown where the user asked to stop.
#pragma once

#include <exception>

namespace naclip {

/// Not an error: nothing has to be mended, and what was done so far is kept.
class Interrupted : public std::exception {
 public:
  const char *what() const noexcept override { return "interrupted"; }
};

}  // namespace naclip
