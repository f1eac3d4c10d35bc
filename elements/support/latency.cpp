#include "elements/support/latency.h"

#include "elements/support/ptr.h"

namespace naclip {

bool is_live(GstPad *sink) {
  const Ptr<GstQuery> query(gst_query_new_latency());
  gboolean live = FALSE;
  if (gst_pad_peer_query(sink, query.get()))
    gst_query_parse_latency(query.get(), &live, nullptr, nullptr);
  return live != FALSE;
}

void add_latency(GstQuery *query, GstClockTime added) {
  gboolean live = FALSE;
  GstClockTime least = 0, most = GST_CLOCK_TIME_NONE;
  gst_query_parse_latency(query, &live, &least, &most);
  if (!live) return;
  gst_query_set_latency(query, live, least + added,
                        GST_CLOCK_TIME_IS_VALID(most) ? most + added : most);
}

}  // namespace naclip
