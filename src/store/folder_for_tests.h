#pragma once
// A folder of its own for a test, removed at its end.

#include <cstdlib>
#include <filesystem>
#include <string>

namespace granary {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "granary-store-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace granary
