// Where the program's own parts are.
#pragma once

namespace naclip::live {

/// Has GStreamer know naclipsegment: where its own paths do not have it, the plugin that was
/// installed with this program is taken. GStreamer must be initialised.
void find_plugin();

}  // namespace naclip::live
