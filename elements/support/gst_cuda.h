// GstCuda's headers, in any version. To be included in builds with GstCuda alone.
#pragma once

#include <gst/gst.h>

#define GST_USE_UNSTABLE_API
#if GST_CHECK_VERSION(1, 24, 0)
#include <gst/cuda/gstcuda.h>
#else
#include <gst/cuda/gstcudacontext.h>
#include <gst/cuda/gstcudaloader.h>
#include <gst/cuda/gstcudamemory.h>
#include <gst/cuda/gstcudautils.h>
#endif
