#include "model/plain/score.h"

namespace naclip::plain {

at::Tensor patch_directions(const at::Tensor &features) {
  const at::Tensor patches = features.slice(1, 1);
  return patches / patches.norm(2, -1, true);
}

at::Tensor patch_scores(const at::Tensor &directions, const at::Tensor &queries, std::int64_t rows,
                        std::int64_t columns) {
  return at::matmul(directions, queries.t())
      .view({directions.size(0), rows, columns, queries.size(0)})
      .permute({0, 3, 1, 2});
}

}  // namespace naclip::plain
