// A pickle reader that only ever builds plain values: nothing in the file is imported or run.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/checkpoint/pickle_document.h"

namespace naclip::pickle {

/// Larger pickles are refused; that of a CLIP with its optimiser has some 300 kB.
inline constexpr std::size_t kMaxBytes = 16u << 20;

/// What the Python names in a pickle stand for, of which the reader itself knows none. Names are
/// written "module.name". Where the pickle uses one as it cannot be used, these throw Damage.
class Meanings {
 public:
  virtual ~Meanings() = default;

  /// Whether a pickle may mention that name at all.
  virtual bool knows(const std::string &name) const = 0;
  /// What name(*arguments) gives. arguments: items of a tuple of the document.
  virtual Ref call(Document &document, const std::string &name,
                   std::span<const Ref> arguments) const = 0;
  /// A new instance of the class that is called so; type: its Global.
  virtual Ref create(Document &document, const std::string &name, Ref type) const = 0;
  /// What a persistent id stands for, which is a thing outside the pickle.
  virtual Ref look_up(Document &document, Ref identifier) const = 0;
};

/// Reads one pickle (protocol 2; of the later protocols what torch.save(pickle_protocol=4) needs).
/// Throws Error{kFormat} where the file mentions a name that has no meaning, naming it, and where
/// the pickle is damaged or beyond the limits.
Document read(std::span<const std::uint8_t> bytes, const Meanings &meanings);

}  // namespace naclip::pickle
