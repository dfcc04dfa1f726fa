#pragma once
// Tests that drive the real binaries: a program started with a bare environment, what it wrote, how
// it ended. Its files lie in a folder that goes with the test.

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace nano {

class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string content(const std::string& path);  // empty if there is no such file
void write(const std::string& path, const std::string& bytes);
// Waits until the file holds `text`, at most five seconds; what it holds then.
std::string content_with(const std::string& path, const std::string& text);

struct Ended {
  int status = -1;  // as a shell says it: 128 + the number of a signal that killed it
  std::string out, err;
};

class Child {
 public:
  // `program` is a name in $GRANARY_BIN.
  Child(const std::string& program, const std::vector<std::string>& arguments,
        const std::map<std::string, std::string>& environment);
  ~Child();  // killed if it still runs
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void signal(int number) const;
  Ended wait();

 private:
  Folder folder_;
  pid_t process_ = -1;
};

}  // namespace nano
