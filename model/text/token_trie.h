// Sentences as a tree, in which equal beginnings are one path.
#pragma once

#include <cstdint>
#include <vector>

namespace naclip {

/// In a causal transformer a token depends on those before it alone, so sentences that begin alike
/// share what is computed for their beginnings. Nodes are tokens; a parent comes before its
/// children.
struct TokenTrie {
  std::vector<std::int64_t> tokens;  ///< [nodes] token ids
  std::vector<std::int64_t> depths;  ///< [nodes] place in the sentence, 0 for the first token
  std::vector<std::int64_t> ends;    ///< [sentences] node of the last token
  std::int64_t longest = 0;          ///< tokens of the longest sentence
  std::vector<std::int32_t> paths;  ///< [nodes, longest] the nodes from the first token to the node

  /// sentences: at least one token each.
  explicit TokenTrie(const std::vector<std::vector<int>> &sentences);

  std::int64_t size() const { return static_cast<std::int64_t>(tokens.size()); }
};

}  // namespace naclip
