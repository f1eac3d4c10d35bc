// What GstCuda looks up when it opens the driver, and nobody calls in the tests. Apart from the
// rest, since cuda.h declares it otherwise.
constexpr int kNotSupported = 801;  // CUDA_ERROR_NOT_SUPPORTED

#define NACLIP_NOT_CALLED(name)                                  \
  extern "C" __attribute__((visibility("default"))) int name() { \
    return kNotSupported;                                        \
  }

NACLIP_NOT_CALLED(cuCtxEnablePeerAccess)
NACLIP_NOT_CALLED(cuCtxDisablePeerAccess)
NACLIP_NOT_CALLED(cuGraphicsMapResources)
NACLIP_NOT_CALLED(cuGraphicsUnmapResources)
NACLIP_NOT_CALLED(cuGraphicsResourceSetMapFlags_v2)
NACLIP_NOT_CALLED(cuGraphicsSubResourceGetMappedArray)
NACLIP_NOT_CALLED(cuGraphicsResourceGetMappedPointer_v2)
NACLIP_NOT_CALLED(cuGraphicsUnregisterResource)
NACLIP_NOT_CALLED(cuGraphicsGLRegisterImage)
NACLIP_NOT_CALLED(cuGraphicsGLRegisterBuffer)
NACLIP_NOT_CALLED(cuGLGetDevices_v2)
NACLIP_NOT_CALLED(cuStreamCreate)
NACLIP_NOT_CALLED(cuStreamDestroy)
NACLIP_NOT_CALLED(cuStreamDestroy_v2)
NACLIP_NOT_CALLED(cuTexObjectCreate)
NACLIP_NOT_CALLED(cuTexObjectDestroy)
// NVRTC calls it, and does without.
NACLIP_NOT_CALLED(cuGetExportTable)
// From GStreamer 1.24 on.
NACLIP_NOT_CALLED(cuCtxSynchronize)
NACLIP_NOT_CALLED(cuMemcpyDtoD_v2)
NACLIP_NOT_CALLED(cuMemcpyDtoDAsync_v2)
NACLIP_NOT_CALLED(cuMemcpyDtoH_v2)
NACLIP_NOT_CALLED(cuMemcpyDtoHAsync_v2)
NACLIP_NOT_CALLED(cuMemcpyHtoD_v2)
NACLIP_NOT_CALLED(cuMemcpyHtoDAsync_v2)
NACLIP_NOT_CALLED(cuEventCreate)
NACLIP_NOT_CALLED(cuEventDestroy_v2)
NACLIP_NOT_CALLED(cuEventRecord)
NACLIP_NOT_CALLED(cuEventSynchronize)
NACLIP_NOT_CALLED(cuIpcGetEventHandle)
NACLIP_NOT_CALLED(cuIpcOpenEventHandle)
NACLIP_NOT_CALLED(cuIpcGetMemHandle)
NACLIP_NOT_CALLED(cuIpcOpenMemHandle_v2)
NACLIP_NOT_CALLED(cuIpcCloseMemHandle)
