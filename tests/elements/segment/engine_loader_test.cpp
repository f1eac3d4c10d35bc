// The engine is opened at run time: what a user reads where that fails. One program a case, since a
// process opens it once.
#include "tests/elements/segment_harness.h"

namespace naclip::testing {
namespace {

class Engine : public Segment {};

Ptr<GError> error_with_engine(const char *path) {
  g_setenv("NACLIP_ENGINE", path, TRUE);
  const Ptr<GstElement> element(
      GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("naclipsegment", nullptr))));
  Messages messages(element.get());
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_READY), GST_STATE_CHANGE_FAILURE);
  const auto message = messages.next(GST_MESSAGE_ERROR);
  EXPECT_EQ(messages.next(GST_MESSAGE_ERROR), nullptr);
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  return message != nullptr ? error_of(message.get()) : nullptr;
}

TEST_F(Engine, ThatIsNotThereIsOneErrorThatSaysWhatToDo) {
  const auto error = error_with_engine("/nowhere/libnaclip.so.0");
  ASSERT_NE(error, nullptr);
  EXPECT_TRUE(g_error_matches(error.get(), GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND));
  EXPECT_NE(std::string(error->message).find("NACLIP_ENGINE"), std::string::npos) << error->message;
}

TEST_F(Engine, WithoutItsLibraryNamesTheLibraryAndThePackage) {
  // A library that was linked to one which is not there any more.
  const auto error = error_with_engine(NACLIP_ORPHAN_ENGINE);
  ASSERT_NE(error, nullptr);
  EXPECT_TRUE(g_error_matches(error.get(), GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND));
  EXPECT_NE(std::string(error->message).find("libnaclip-test-absent.so"), std::string::npos)
      << error->message;
  EXPECT_NE(std::string(error->message).find("libtorch-dev"), std::string::npos) << error->message;
}

TEST_F(Engine, ThatIsAnotherLibraryIsRefused) {
  const auto error = error_with_engine(NACLIP_OTHER_LIBRARY);
  ASSERT_NE(error, nullptr);
  EXPECT_TRUE(g_error_matches(error.get(), GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND));
}

}  // namespace
}  // namespace naclip::testing
