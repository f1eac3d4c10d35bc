// In the place of flow.cpp where there is no OpenCV to search with.
#include "model/error.h"
#include "model/motion/flow.h"

namespace naclip {

namespace {

[[noreturn]] void refuse() {
  throw Error(
      ErrorKind::kSettings,
      "This libnaclip was built without OpenCV, so it cannot follow motion: set smoothing=0");
}

}  // namespace

class FlowSearch::Impl {};

FlowPicture FlowPicture::of(const Picture &) {
  refuse();
}

FlowPicture FlowPicture::of(const Picture &, std::vector<std::uint8_t>) {
  refuse();
}

int FlowPicture::factor_of(const Picture &) {
  refuse();
}

FlowSearch::FlowSearch(FlowDetail) {}
FlowSearch::~FlowSearch() = default;
FlowSearch::FlowSearch(FlowSearch &&) noexcept = default;
FlowSearch &FlowSearch::operator=(FlowSearch &&) noexcept = default;

bool FlowSearch::follow(const FlowPicture &, const FlowPicture &) {
  refuse();
}

const FlowField &FlowSearch::field() const {
  refuse();
}

void FlowSearch::reset() {}

}  // namespace naclip
