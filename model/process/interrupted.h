// Thrown where work ends because it is no longer wanted.
#pragma once

#include <exception>

namespace naclip {

/// Not an error: the user asked to stop, or the process exits. What was done so far is kept.
class Interrupted : public std::exception {
 public:
  const char *what() const noexcept override { return "interrupted"; }
};

}  // namespace naclip
