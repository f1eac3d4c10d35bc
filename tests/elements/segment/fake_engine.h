// An engine that opens as libnaclip does and computes nothing: naclipsegment finds it by
// NACLIP_ENGINE.
#pragma once

#include "tests/model/fake_segmenter.h"

namespace naclip::testing {

/// What models that are loaded from now on obey; those that were loaded keep theirs.
NACLIP_API std::shared_ptr<FakeControl> fresh_fake_engine();

}  // namespace naclip::testing
