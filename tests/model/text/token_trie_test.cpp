#include "model/text/token_trie.h"

#include <gtest/gtest.h>

namespace naclip {
namespace {

std::vector<std::int64_t> tokens_along(const TokenTrie &trie, std::int64_t node) {
  std::vector<std::int64_t> tokens;
  for (std::int64_t depth = 0; depth <= trie.depths[static_cast<std::size_t>(node)]; ++depth)
    tokens.push_back(trie.tokens[static_cast<std::size_t>(
        trie.paths[static_cast<std::size_t>(node * trie.longest + depth)])]);
  return tokens;
}

TEST(TokenTrie, HoldsEachBeginningOnce) {
  const std::vector<std::vector<int>> sentences{{1, 5, 6, 2}, {1, 5, 7, 2}, {1, 2}, {1, 5, 6, 2}};
  const TokenTrie trie(sentences);
  EXPECT_EQ(trie.size(), 7);  // 1, 5, 6, 2; 7, 2; 2
  EXPECT_EQ(trie.longest, 4);
  ASSERT_EQ(trie.ends.size(), sentences.size());
  for (std::size_t i = 0; i < sentences.size(); ++i)
    EXPECT_EQ(tokens_along(trie, trie.ends[i]),
              std::vector<std::int64_t>(sentences[i].begin(), sentences[i].end()));
  EXPECT_EQ(trie.ends[0], trie.ends[3]);
}

TEST(TokenTrie, EqualTokensOfOtherBeginningsAreOtherNodes) {
  const TokenTrie trie({{1, 3, 9}, {2, 3, 9}});
  EXPECT_EQ(trie.size(), 6);
}

}  // namespace
}  // namespace naclip
