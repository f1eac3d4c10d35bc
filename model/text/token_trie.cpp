#include "model/text/token_trie.h"

#include <algorithm>
#include <map>
#include <utility>

namespace naclip {

TokenTrie::TokenTrie(const std::vector<std::vector<int>> &sentences) {
  for (const auto &sentence : sentences)
    longest = std::max(longest, static_cast<std::int64_t>(sentence.size()));
  std::map<std::pair<std::int64_t, int>, std::int64_t> children;  // of a parent by a token
  std::vector<std::int32_t> path(static_cast<std::size_t>(longest));
  for (const auto &sentence : sentences) {
    std::int64_t node = -1;
    for (std::size_t depth = 0; depth < sentence.size(); ++depth) {
      const auto [place, is_new] = children.try_emplace({node, sentence[depth]}, size());
      node = place->second;
      path[depth] = static_cast<std::int32_t>(node);
      if (!is_new) continue;
      tokens.push_back(sentence[depth]);
      depths.push_back(static_cast<std::int64_t>(depth));
      paths.insert(paths.end(), path.begin(), path.end());
    }
    ends.push_back(node);
  }
}

}  // namespace naclip
