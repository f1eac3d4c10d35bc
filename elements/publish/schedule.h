// Which frames have a message, and when the words have changed.
#pragma once

#include <gst/gst.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "elements/publish/message_settings.h"
#include "elements/support/mask_reader.h"

namespace naclip {

/// Decides for one stream's frames in turn. Belongs to the streaming thread.
class PublishSchedule {
 public:
  /// Whether a frame of this time, ns, has a message; `shown`: its mask, null where it has none.
  ///
  /// kFresh: where the mask was computed from another frame than that of the message before, or
  /// where nobody knows from which. kChange: where a class has appeared, which is from a share of
  /// 0.005 on, or has disappeared, below 0.0025, or has another share than in the message before by
  /// 0.02; the first mask counts as a change. A frame without a mask has a message with kEvery
  /// alone.
  bool is_due(const ChosenMask *shown, GstClockTime time, const MessageSettings &settings);

  /// Whether these are other labels or colours than before.
  bool is_new(const std::vector<MaskRegion> &regions);

  void restart() { *this = PublishSchedule(); }

 private:
  struct Seen {
    double share;
    bool there;
  };
  bool has_changed(const ChosenMask &shown);
  void remember(const ChosenMask &shown, bool with_shares);

  std::optional<GstClockTime> last_time_;            ///< of the frame with the last message
  std::optional<GstClockTime> last_mask_;            ///< the time that its mask was computed from
  std::map<std::string, Seen, std::less<>> shares_;  ///< in it, by label
  bool any_ = false;                                 ///< whether there was a message with a mask
  std::vector<std::string> labels_;
  std::vector<Colour> colours_;
};

}  // namespace naclip
