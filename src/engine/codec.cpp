#include "engine/codec.h"

#include <cassert>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "engine/codec_cursor.h"

namespace granary {
namespace {
using Json = nlohmann::json;

// An entry is a whole configuration at most; what is larger or deeper was not written by us.
constexpr std::size_t most_bytes = std::size_t{64} << 20;
constexpr int most_depth = 24;

// Writes a struct as an object, keys in the order of fields().
class Writer {
 public:
  template <class T>
  void operator()(std::string_view key, const T& x) {
    begin(key);
    value(x);
  }
  template <class T>
  void operator()(std::string_view key, const std::optional<T>& x) {
    if (x) (*this)(key, *x);
  }
  template <class T>
  void unless(std::string_view key, const T& x, const std::type_identity_t<T>& otherwise) {
    if (x != otherwise) (*this)(key, x);
  }
  void version(std::string_view key) { (*this)(key, encoding_version); }

  template <class T>
  std::string take(const T& x) {
    value(x);
    return std::move(out_);
  }

 private:
  void begin(std::string_view key) {
    if (!kind_.empty() && key > "kind") write_kind();
    assert(key > last_ && "the keys of fields() ascend");
    last_ = key;
    write_key(key);
  }
  void write_key(std::string_view key) {
    if (out_.back() != '{') out_ += ',';
    out_ += '"';
    out_ += key;
    out_ += "\":";
  }
  void write_kind() {
    write_key("kind");
    value(std::exchange(kind_, {}));
  }

  template <Number T>
  void value(const T& x) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), whole(x)).ptr;
    out_.append(digits.data(), end);
  }
  void value(bool x) { out_ += x ? "true" : "false"; }
  void value(Recompute x) {
    if (x == Recompute::selective) return value(std::string_view("selective"));
    value(x == Recompute::full);
  }
  // Shortest text that reads back as the same double; what is not a number is null.
  void value(double x) { out_ += json_text(x); }
  void value(std::string_view x) {
    if (is_plain(x)) {
      out_ += '"';
      out_ += x;
      out_ += '"';
    } else {
      out_ += json_text(x);
    }
  }
  void value(const std::string& x) { value(std::string_view(x)); }
  void value(const Hash& x) { value(to_text(x)); }
  template <class E>
  requires std::is_enum_v<E>
  void value(E x) {
    for (const auto& [e, name] : names_of<E>) {
      if (e == x) return value(name);
    }
    assert(false && "an enum holds a value that has no name");
    value(std::string_view{});
  }
  template <class T>
  void value(const std::vector<T>& list) {
    out_ += '[';
    for (const T& x : list) {
      if (&x != list.data()) out_ += ',';
      value(x);
    }
    out_ += ']';
  }
  void value(const std::map<std::string, std::string>& map) {
    out_ += '{';
    for (const auto& [key, text] : map) {
      if (out_.back() != '{') out_ += ',';
      value(key);
      out_ += ':';
      value(text);
    }
    out_ += '}';
  }
  template <class... T>
  void value(const std::variant<T...>& variant) {
    std::visit([this]<class A>(const A& x) { object(x, kind_of<A>); }, variant);
  }
  template <class T>
  requires(std::is_class_v<T> && !Number<T>) void value(const T& x) { object(x, {}); }
  template <class T>
  void object(const T& x, std::string_view kind) {
    const std::string_view last = std::exchange(last_, {});
    const std::string_view outer = std::exchange(kind_, kind);
    out_ += '{';
    fields(*this, x);
    if (!kind_.empty()) write_kind();
    out_ += '}';
    kind_ = outer;
    last_ = last;
  }

  std::string out_;
  std::string_view last_;  // key of the object being written
  std::string_view kind_;  // to be written where it sorts
};

// Reads an object by walking its keys beside those of fields(): both ascend. The first fault is
// kept with its path; everything after it is left as it is.
class Reader {
 public:
  template <class T>
  void operator()(std::string_view key, T& x) {
    if (const Json* found = next(key)) {
      value(*found, x);
      leave();
    } else {
      fault("lacks the key \"" + std::string(key) + "\"");
    }
  }
  template <class T>
  void operator()(std::string_view key, std::optional<T>& x) {
    if (const Json* found = next(key)) {
      value(*found, x.emplace());
      leave();
    } else {
      x.reset();
    }
  }
  template <class T>
  void unless(std::string_view key, T& x, const std::type_identity_t<T>& otherwise) {
    if (const Json* found = next(key)) {
      value(*found, x);
      leave();
    } else {
      x = otherwise;
    }
  }
  void version(std::string_view key) {
    int version = 0;
    (*this)(key, version);
    if (version != encoding_version) fault("has an encoding that this program does not know");
  }

  template <class T>
  std::string read(const Json& json, T& x) {
    value(json, x);
    return std::move(fault_);
  }

 private:
  struct Object {
    Json::const_iterator at, end;
    bool has_kind = false;
  };
  static constexpr std::size_t no_index = ~std::size_t{0};
  struct Step {  // into a key or an element
    std::string_view key;
    std::size_t index = no_index;
  };

  // The value of that key, entered, if it comes next; nothing when it is absent.
  const Json* next(std::string_view key) {
    if (!fault_.empty()) return nullptr;
    skip_kind();
    if (object_.at == object_.end) return nullptr;
    if (object_.at.key() != key) {
      if (object_.at.key() < key) unknown_key();
      return nullptr;
    }
    const Json* found = &*object_.at;
    ++object_.at;
    path_.push_back({key});
    return found;
  }
  void skip_kind() {
    if (object_.has_kind && object_.at != object_.end && object_.at.key() == "kind") ++object_.at;
  }
  void leave() { path_.pop_back(); }
  void unknown_key() { fault("has the unknown key \"" + object_.at.key().substr(0, 40) + "\""); }

  void fault(const std::string& what) {
    if (!fault_.empty()) return;
    for (const Step& step : path_) {
      if (step.index != no_index) {
        fault_ += '[' + std::to_string(step.index) + ']';
      } else {
        fault_ += fault_.empty() ? "" : ".";
        fault_ += step.key;
      }
    }
    fault_ += (fault_.empty() ? "" : ": ") + what;
  }

  template <Number T>
  void value(const Json& json, T& x) {
    using W = decltype(whole(x));
    if (json.is_number_unsigned()) {
      const auto n = json.get<std::uint64_t>();
      if (!std::in_range<W>(n)) return fault("is out of range");
      set_whole(x, static_cast<W>(n));
    } else if (json.is_number_integer()) {
      const auto n = json.get<std::int64_t>();
      if (!std::in_range<W>(n)) return fault("is out of range");
      set_whole(x, static_cast<W>(n));
    } else {
      fault("is not a whole number");
    }
  }
  void value(const Json& json, bool& x) {
    if (!json.is_boolean()) return fault("is neither true nor false");
    x = json.get<bool>();
  }
  void value(const Json& json, double& x) {
    if (json.is_null()) {
      x = std::numeric_limits<double>::quiet_NaN();
    } else if (json.is_number()) {
      x = json.get<double>();
    } else {
      fault("is not a number");
    }
  }
  void value(const Json& json, std::string& x) {
    if (!json.is_string()) return fault("is not a text");
    x = json.get_ref<const std::string&>();
  }
  void value(const Json& json, Hash& x) {
    if (!json.is_string()) return fault("is not a text");
    const auto hash = parse_hash(json.get_ref<const std::string&>());
    if (!hash) return fault("is not a hash of 64 hexadecimal digits");
    x = *hash;
  }
  void value(const Json& json, Recompute& x) {
    if (json.is_boolean()) {
      x = json.get<bool>() ? Recompute::full : Recompute::none;
    } else if (json == "selective") {
      x = Recompute::selective;
    } else {
      fault("is neither true, false nor \"selective\"");
    }
  }
  template <class E>
  requires std::is_enum_v<E>
  void value(const Json& json, E& x) {
    if (!json.is_string()) return fault("is not a text");
    for (const auto& [e, name] : names_of<E>) {
      if (name == json.get_ref<const std::string&>()) {
        x = e;
        return;
      }
    }
    fault("has the unknown value \"" + json.get_ref<const std::string&>().substr(0, 40) + "\"");
  }
  template <class T>
  void value(const Json& json, std::vector<T>& list) {
    if (!json.is_array()) return fault("is not a list");
    list.resize(json.size());
    for (std::size_t i = 0; i < list.size() && fault_.empty(); ++i) {
      path_.push_back({.key = {}, .index = i});
      value(json[i], list[i]);
      leave();
    }
  }
  void value(const Json& json, std::map<std::string, std::string>& map) {
    if (!json.is_object()) return fault("is not an object");
    map.clear();
    for (auto it = json.begin(); it != json.end() && fault_.empty(); ++it) {
      path_.push_back({it.key()});
      value(*it, map[it.key()]);
      leave();
    }
  }
  template <class... T>
  void value(const Json& json, std::variant<T...>& variant) {
    const auto kind = json.is_object() ? json.find("kind") : json.end();
    if (!json.is_object() || kind == json.end() || !kind->is_string()) {
      return fault("is not an object with a kind");
    }
    const auto& name = kind->get_ref<const std::string&>();
    const bool known =
        (... || (name == kind_of<T> && (object(json, variant.template emplace<T>(), true), true)));
    if (!known) fault("has the unknown kind \"" + name.substr(0, 40) + "\"");
  }
  template <class T>
  requires(std::is_class_v<T> && !Number<T>) void value(const Json& json, T& x) {
    if (!json.is_object()) return fault("is not an object");
    object(json, x, false);
  }
  template <class T>
  void object(const Json& json, T& x, bool has_kind) {
    const Object outer = std::exchange(object_, {json.begin(), json.end(), has_kind});
    fields(*this, x);
    skip_kind();
    if (object_.at != object_.end) unknown_key();
    object_ = outer;
  }

  Object object_;
  std::vector<Step> path_;
  std::string fault_;
};

// How deep brackets nest outside strings.
int depth_of(std::string_view bytes) {
  int depth = 0, most = 0;
  bool inside = false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (inside) {
      if (c == '\\') ++i;
      if (c == '"') inside = false;
    } else if (c == '"') {
      inside = true;
    } else if (c == '{' || c == '[') {
      most = std::max(most, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return most;
}

tl::unexpected<Error> cannot_decode(const std::string& which, const std::string& why) {
  return fail(Error::Kind::failed, 9002, which + " cannot be read: " + why + ".");
}
}  // namespace

std::string json_text(double x) { return Json(x).dump(); }
std::string json_text(std::string_view x) {
  return Json(x).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string encode(const Entry& entry) { return Writer().take(entry); }
std::string encode(const Command& command) { return Writer().take(command); }
std::string encode(const Event& event) { return Writer().take(event); }

Hash body_hash(const Command& command) { return sha256(encode(command)); }

Result<Entry> decode(std::string_view bytes) {
  std::string which = "an entry";
  if (bytes.size() > most_bytes) {
    return cannot_decode(which, "it has " + std::to_string(bytes.size()) + " bytes of at most " +
                                    std::to_string(most_bytes));
  }
  // One entry has one text: spaces, a key given twice or 1.50 for 1.5 are not ours.
  if (Entry entry; Cursor(bytes).read(entry)) return entry;
  // What is wrong with it?
  if (depth_of(bytes) > most_depth) return cannot_decode(which, "it is nested too deeply");
  const Json json = Json::parse(bytes.begin(), bytes.end(), nullptr, false);
  if (json.is_discarded()) return cannot_decode(which, "it is not JSON");
  if (json.is_object() && json.contains("sequence") && json["sequence"].is_number_unsigned()) {
    which = "entry " + json["sequence"].dump();
  }
  Entry entry;
  if (const std::string fault = Reader().read(json, entry); !fault.empty()) {
    return cannot_decode(which, fault);
  }
  if (encode(entry) != bytes) return cannot_decode(which, "its text is not in the canonical form");
  return entry;
}

}  // namespace granary
