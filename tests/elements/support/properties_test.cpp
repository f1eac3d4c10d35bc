// Properties from a table, on an element made for the purpose.
#include "elements/support/properties.h"

#include <gtest/gtest.h>

#include <mutex>

#include "elements/support/ptr.h"
#include "tests/elements/frames.h"

namespace {

using namespace naclip;

enum class Flavour { kPlain = 3, kSweet = 8 };

constexpr EnumTable kFlavours{"NaclipTestFlavour",
                              std::array{Choice{Flavour::kPlain, "plain", "Nothing in it"},
                                         Choice{Flavour::kSweet, "sweet", "Sugar in it"}}};

struct Settings {
  std::string words = "one";
  int count = 7;
  double weight = 0.25;
  bool loud = true;
  Flavour flavour = Flavour::kSweet;
};

constexpr std::array kRows{
    Property<Settings>{"words", "Words", "Some words", &Settings::words, Change::kStopped},
    Property<Settings>{"count", "Count", "How many", &Settings::count, Change::kAlways, 1, 9},
    Property<Settings>{"weight", "Weight", "How heavy", &Settings::weight, Change::kAlways, 0, 1},
    Property<Settings>{"loud", "Loud", "Whether loud", &Settings::loud, Change::kAlways},
    Property<Settings>{"flavour", "Flavour", "Which", enum_field<&Settings::flavour, kFlavours>(),
                       Change::kAlways},
};

struct TestElement {
  GstElement parent;
  Settings *settings;
  std::mutex *mutex;
  RefusedValues *refused;
};
struct TestElementClass {
  GstElementClass parent;
};

G_DEFINE_TYPE(TestElement, test_element, GST_TYPE_ELEMENT)

TestElement *self_of(GObject *object) {
  return reinterpret_cast<TestElement *>(object);
}

void set(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  TestElement *self = self_of(object);
  set_property(object, id, value, spec, kRows, *self->settings, *self->mutex, *self->refused,
               [](const Settings &candidate) {
                 if (candidate.count == 5) {
                   throw Error(ErrorKind::kSettings, "Five is right out.", "the cause");
                 }
               });
}

void get(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  TestElement *self = self_of(object);
  get_property(object, id, value, spec, kRows, *self->settings, *self->mutex);
}

void finalize(GObject *object) {
  delete self_of(object)->settings;
  delete self_of(object)->mutex;
  delete self_of(object)->refused;
  G_OBJECT_CLASS(test_element_parent_class)->finalize(object);
}

void test_element_init(TestElement *self) {
  self->settings = new Settings;
  self->mutex = new std::mutex;
  self->refused = new RefusedValues;
}

void test_element_class_init(TestElementClass *klass) {
  GObjectClass *object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set;
  object_class->get_property = get;
  object_class->finalize = finalize;
  install_properties(object_class, kRows);
}

class Properties : public ::testing::Test {
 protected:
  Properties()
      : element_(GST_ELEMENT(gst_object_ref_sink(g_object_new(test_element_get_type(), nullptr)))),
        messages_(element_.get()) {}
  ~Properties() override { gst_element_set_state(element_.get(), GST_STATE_NULL); }

  GObject *object() { return G_OBJECT(element_.get()); }
  /// What the element's start would fail with; empty where it would not.
  std::string start() {
    try {
      self_of(object())->refused->throw_first();
      return "";
    } catch (const Error &error) {
      return error.what();
    }
  }
  GParamSpec *spec(const char *name) {
    return g_object_class_find_property(G_OBJECT_GET_CLASS(element_.get()), name);
  }
  Settings &settings() { return *self_of(object())->settings; }
  /// The text of the next warning on the bus, empty where there is none.
  std::string warning() {
    const Ptr<GstMessage> message = messages_.next(GST_MESSAGE_WARNING);
    return message == nullptr ? "" : testing_error(message.get());
  }
  static std::string testing_error(GstMessage *message) {
    const Ptr<GError> error = naclip::testing::error_of(message);
    EXPECT_TRUE(g_error_matches(error.get(), GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
    return error->message;
  }

  Ptr<GstElement> element_;
  naclip::testing::Messages messages_;
};

TEST_F(Properties, DefaultsAreThoseOfTheSettings) {
  EXPECT_STREQ(g_value_get_string(g_param_spec_get_default_value(spec("words"))), "one");
  EXPECT_EQ(g_value_get_int(g_param_spec_get_default_value(spec("count"))), 7);
  EXPECT_DOUBLE_EQ(g_value_get_double(g_param_spec_get_default_value(spec("weight"))), 0.25);
  EXPECT_TRUE(g_value_get_boolean(g_param_spec_get_default_value(spec("loud"))));
  EXPECT_EQ(g_value_get_enum(g_param_spec_get_default_value(spec("flavour"))), 8);
}

TEST_F(Properties, ValuesOfEveryKindAreSetAndGot) {
  gst_util_set_object_arg(object(), "flavour", "plain");
  g_object_set(object(), "words", "two", "count", 3, "weight", 0.5, "loud", FALSE, nullptr);
  gchar *words = nullptr;
  gint count = 0;
  gdouble weight = 0;
  gboolean loud = TRUE;
  gint flavour = 0;
  g_object_get(object(), "words", &words, "count", &count, "weight", &weight, "loud", &loud,
               "flavour", &flavour, nullptr);
  const GCharPtr owner(words);
  EXPECT_STREQ(words, "two");
  EXPECT_EQ(count, 3);
  EXPECT_DOUBLE_EQ(weight, 0.5);
  EXPECT_FALSE(loud);
  EXPECT_EQ(flavour, static_cast<int>(Flavour::kPlain));
  EXPECT_EQ(settings().flavour, Flavour::kPlain);
}

TEST_F(Properties, ANullStringIsAnEmptyOne) {
  g_object_set(object(), "words", nullptr, nullptr);
  EXPECT_EQ(settings().words, "");
}

TEST_F(Properties, RangesAreThoseOfTheRow) {
  const auto *range = G_PARAM_SPEC_INT(spec("count"));
  EXPECT_EQ(range->minimum, 1);
  EXPECT_EQ(range->maximum, 9);
}

TEST_F(Properties, FlagsTellWhenAPropertyMayChange) {
  EXPECT_TRUE(spec("words")->flags & GST_PARAM_MUTABLE_READY);
  EXPECT_FALSE(spec("words")->flags & GST_PARAM_MUTABLE_PLAYING);
  EXPECT_TRUE(spec("count")->flags & GST_PARAM_MUTABLE_PLAYING);
  EXPECT_TRUE(spec("count")->flags & GST_PARAM_CONTROLLABLE);
  EXPECT_TRUE(spec("weight")->flags & GST_PARAM_CONTROLLABLE);
  EXPECT_FALSE(spec("flavour")->flags & GST_PARAM_CONTROLLABLE);
}

TEST_F(Properties, APropertyOfTheNullStateIsRefusedWhilePaused) {
  gst_element_set_state(element_.get(), GST_STATE_PAUSED);
  g_object_set(object(), "words", "two", nullptr);
  EXPECT_EQ(settings().words, "one");
  EXPECT_EQ(warning(),
            "The property words can only be set in the NULL or READY state. It stays as it was.");
}

TEST_F(Properties, APropertyOfTheNullStateIsTakenInReadyAndAfterStopping) {
  gst_element_set_state(element_.get(), GST_STATE_READY);
  g_object_set(object(), "words", "two", nullptr);
  EXPECT_EQ(settings().words, "two");
  gst_element_set_state(element_.get(), GST_STATE_PLAYING);
  gst_element_set_state(element_.get(), GST_STATE_READY);
  g_object_set(object(), "words", "three", nullptr);
  EXPECT_EQ(settings().words, "three");
  EXPECT_EQ(warning(), "");
}

TEST_F(Properties, APropertyOfAnyStateIsTakenWhilePlaying) {
  gst_element_set_state(element_.get(), GST_STATE_PLAYING);
  g_object_set(object(), "count", 4, nullptr);
  EXPECT_EQ(settings().count, 4);
  EXPECT_EQ(warning(), "");
}

TEST_F(Properties, ARefusedValueIsWarnedOfAndTheOldOneStays) {
  g_object_set(object(), "count", 5, nullptr);
  EXPECT_EQ(settings().count, 7);
  EXPECT_EQ(warning(), "Five is right out.");
}

TEST_F(Properties, AValueRefusedBeforeTheStartFailsItUntilAGoodOneComes) {
  EXPECT_EQ(start(), "");
  g_object_set(object(), "count", 5, nullptr);
  EXPECT_EQ(start(), "Five is right out.");
  g_object_set(object(), "weight", 0.5, nullptr);
  EXPECT_EQ(start(), "Five is right out.") << "that is another property";
  g_object_set(object(), "count", 6, nullptr);
  EXPECT_EQ(start(), "");
}

TEST_F(Properties, AValueRefusedWhileRunningDoesNotFailTheNextStart) {
  gst_element_set_state(element_.get(), GST_STATE_PLAYING);
  g_object_set(object(), "count", 5, nullptr);
  EXPECT_EQ(warning(), "Five is right out.");
  gst_element_set_state(element_.get(), GST_STATE_NULL);
  EXPECT_EQ(start(), "");
}

TEST_F(Properties, EnumValuesCarryTheirBlurbs) {
  const GEnumValue *value =
      g_enum_get_value_by_nick(G_ENUM_CLASS(g_type_class_peek(enum_type<kFlavours>())), "sweet");
  ASSERT_NE(value, nullptr);
  EXPECT_STREQ(value->value_name, "Sugar in it");
}

// --- The boundary
// ---------------------------------------------------------------------------------

class Boundary : public Properties {
 protected:
  /// The domain and code that an exception becomes.
  template <class Thrown>
  std::pair<GQuark, gint> posted(const Thrown &thrown) {
    const bool result = guarded(element_.get(), false, [&]() -> bool { throw thrown; });
    EXPECT_FALSE(result);
    const Ptr<GstMessage> message = messages_.next(GST_MESSAGE_ERROR);
    if (message == nullptr) return {};
    const Ptr<GError> error = naclip::testing::error_of(message.get());
    return {error->domain, error->code};
  }
  std::pair<GQuark, gint> posted(ErrorKind kind) { return posted(Error(kind, "text")); }
};

using Code = std::pair<GQuark, gint>;

TEST_F(Boundary, EveryKindHasItsDomainAndCode) {
  EXPECT_EQ(posted(ErrorKind::kSettings), Code(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  EXPECT_EQ(posted(ErrorKind::kVocabulary), Code(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  EXPECT_EQ(posted(ErrorKind::kNotFound), Code(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND));
  EXPECT_EQ(posted(ErrorKind::kRead), Code(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ));
  EXPECT_EQ(posted(ErrorKind::kFormat), Code(GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE));
  EXPECT_EQ(posted(ErrorKind::kModel), Code(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_INIT));
  EXPECT_EQ(posted(ErrorKind::kDevice), Code(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS));
  EXPECT_EQ(posted(ErrorKind::kMemory), Code(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT));
  EXPECT_EQ(posted(ErrorKind::kInference), Code(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_FAILED));
  EXPECT_EQ(posted(ErrorKind::kWrite), Code(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE));
  EXPECT_EQ(posted(ErrorKind::kNetwork), Code(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ));
}

TEST_F(Boundary, OtherExceptionsBecomeErrorsToo) {
  EXPECT_EQ(posted(std::bad_alloc()), Code(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT));
  EXPECT_EQ(posted(std::runtime_error("x")), Code(GST_CORE_ERROR, GST_CORE_ERROR_FAILED));
  EXPECT_EQ(posted(42), Code(GST_CORE_ERROR, GST_CORE_ERROR_FAILED));
}

TEST_F(Boundary, TheCauseGoesIntoTheDebugText) {
  post_error(element_.get(), Error(ErrorKind::kRead, "What to do.", "the cause"));
  const Ptr<GstMessage> message = messages_.next(GST_MESSAGE_ERROR);
  GError *error = nullptr;
  gchar *debug = nullptr;
  gst_message_parse_error(message.get(), &error, &debug);
  const Ptr<GError> error_owner(error);
  const GCharPtr debug_owner(debug);
  EXPECT_STREQ(error->message, "What to do.");
  EXPECT_NE(std::string(debug).find("the cause"), std::string::npos);
  EXPECT_NE(std::string(debug).find("properties_test.cpp"), std::string::npos)
      << "where it was made: " << debug;
}

TEST_F(Boundary, ABodyThatThrowsNothingGivesItsResultAndPostsNothing) {
  EXPECT_EQ(guarded(element_.get(), 1, [] { return 2; }), 2);
  EXPECT_EQ(messages_.next(GST_MESSAGE_ANY), nullptr);
}

}  // namespace
