// What a data set had wrong with it: named and counted, so that nothing is skipped in silence.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace naclip::eval {

enum class ProblemKind {
  kNoMask,             ///< a picture without ground truth; left out
  kNoPicture,          ///< ground truth, or a name in the list, without a picture; left out
  kUnreadablePicture,  ///< left out
  kUnreadableMask,     ///< left out
  kOtherSize,          ///< ground truth of another size than its picture; left out
  kLabelOutOfRange,    ///< evaluated; the pixels belong to no class
};

/// One file's problem.
struct Problem {
  ProblemKind kind;
  std::string file;
  std::string detail;        ///< the cause, or the labels; may be empty
  std::uint64_t pixels = 0;  ///< with kLabelOutOfRange: how many
  bool operator==(const Problem &) const = default;
};

/// The word for a kind in files, e.g. "label-out-of-range".
const char *problem_name(ProblemKind kind);
/// The reverse. Throws Error{kFormat} where there is no such kind.
ProblemKind problem_named(const std::string &name);

/// Problems in the order in which they were met.
class Problems {
 public:
  void add(Problem problem) { all_.push_back(std::move(problem)); }
  void add(const Problems &others) {
    all_.insert(all_.end(), others.all_.begin(), others.all_.end());
  }

  const std::vector<Problem> &all() const { return all_; }
  bool empty() const { return all_.empty(); }
  /// Files with a problem of this kind.
  std::uint64_t count(ProblemKind kind) const;
  /// Pictures that were left out because of one.
  std::uint64_t left_out() const;

  /// One sentence for each kind that was met, with at most `names` files named.
  std::vector<std::string> sentences(std::size_t names) const;

 private:
  std::vector<Problem> all_;
};

}  // namespace naclip::eval
