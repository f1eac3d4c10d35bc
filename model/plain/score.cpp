#include "model/plain/score.h"

namespace naclip::plain {

at::Tensor patch_scores(const at::Tensor &features, const at::Tensor &queries, std::int64_t rows,
                        std::int64_t columns) {
  const at::Tensor patches = features.slice(1, 1);
  const at::Tensor scores = at::matmul(patches / patches.norm(2, -1, true), queries.t());
  return scores.view({features.size(0), rows, columns, queries.size(0)}).permute({0, 3, 1, 2});
}

}  // namespace naclip::plain
